"""From an operator's decisions in a scenario to what they mean for the rules."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from muster.cli.match.mistakes import Mistake
from muster.cli.match.scenario import DecisionOnFile, Judgement
from muster.contracts.vocabulary.identifiers import ReviewId
from services.matching.domain.capability import Capability
from services.matching.domain.request import Need, Request
from services.matching.engine.gate import standing_verdicts
from services.matching.engine.gate.case import matter_of
from services.matching.engine.law.rules import RulePack
from services.matching.engine.model import Demand, Pool
from services.matching.engine.policy import Decision, Decisions, Matter, Policy
from services.matching.engine.verdicts import Ruling

_NO_RULE = "no_rule."  # how the ids begin of what is asked because there is no rule


def decided_matter(said: DecisionOnFile) -> Matter:
    """Return what the decision is about."""
    return Matter(said.provider_id, said.country, said.kind, said.armed)


def decisions(
    said: Sequence[DecisionOnFile], batch: Sequence[Demand], pool: Pool, policy: Policy
) -> Decisions:
    """Return the decisions in the engine's words.

    In service a decision names the rules it answers, as they were worded. Here it answers those
    the scenario itself raises, all of them or the ones it names.
    """
    raised = _raised(frozenset(map(decided_matter, said)), batch, pool, policy)
    return {
        decided_matter(each): Decision(
            review_id=ReviewId(f"decision.{at}"),
            cleared=each.decision is Judgement.CLEARED,
            keys=frozenset(
                key
                for key in raised.get(decided_matter(each), ())
                if each.rules is None or rule_of(key) in each.rules
            ),
            reason=each.reason,
        )
        for at, each in enumerate(said)
    }


def rule_of(key: str) -> str:
    """Return the id of the rule that a verdict's key names together with its wording."""
    return key.rpartition("@")[0]


def unknown_rules(said: Sequence[DecisionOnFile], pack: RulePack) -> Iterator[Mistake]:
    """Yield every rule that a decision names and the pack does not have."""
    known = {rule.rule_id for rule in pack.rules}
    for at, each in enumerate(said):
        for name in sorted(each.rules or ()):
            if name not in known and not name.startswith(_NO_RULE):
                yield Mistake(
                    ("decisions", at, "rules"),
                    f"{name!r} is not a rule of the pack {pack.version}",
                    "the id of a rule that asks for review, as a result without decisions names it",
                )


def _raised(
    matters: frozenset[Matter], batch: Sequence[Demand], pool: Pool, policy: Policy
) -> Mapping[Matter, set[str]]:
    """Return, for each of these matters, the keys of the rules that leave it open here."""
    keys: dict[Matter, set[str]] = defaultdict(set)
    for capability, request, need in _pairs(batch, pool):
        matter = matter_of(capability.provider_id, request, need)
        if matter in matters:
            verdicts = standing_verdicts(
                request,
                need,
                capability.attributes,
                pool.members.get(capability.provider_id),
                pool.members.get(request.enterprise_id),
                request.ahead(pool.now),
                policy,
                None,
            )
            keys[matter].update(v.key for v in verdicts if v.ruling is Ruling.REVIEW)
    return keys


def _pairs(batch: Sequence[Demand], pool: Pool) -> Iterator[tuple[Capability, Request, Need]]:
    for request in (demand.request for demand in batch):
        for need in request.needs:
            for capability in pool.capabilities:
                if capability.kind is need.kind:
                    yield capability, request, need
