"""Explanations: for every candidate why, or why not, and for every shortfall its reasons."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from muster.contracts.vocabulary.identifiers import NeedId
from services.matching.domain.request import Shortfall
from services.matching.engine.allocation import Solution
from services.matching.engine.candidates import Candidate, Field
from services.matching.engine.choices import Chooser
from services.matching.engine.model import Outcome, Pool
from services.matching.engine.occupancy import Occupancy
from services.matching.engine.policy import Policy
from services.matching.engine.tiers import Allotment, Share, tier_of
from services.matching.engine.verdicts import Explanation, NeedExplanation, Ruling, Verdict

ENGINE_VERSION = "2"  # of rules, score and allocation together; raise it with any of them

CAPACITY = "capacity"
ELIGIBLE = "eligible"
NO_CANDIDATE = "no_candidate_in_country"
REVIEW = "review"


class Explainer:
    """Turns what each request got into an outcome that says why."""

    def __init__(
        self,
        pool: Pool,
        policy: Policy,
        occupancy: Occupancy,
        allotments: Sequence[Allotment],
    ) -> None:
        self._beyond = pool.beyond
        self._policy = policy
        self._occupancy = occupancy
        requests = [allotment.search.request for allotment in allotments]
        self._tiers = {request.request_id: tier_of(request) for request in requests}

    def outcome(self, allotment: Allotment) -> Outcome:
        """Return the outcome of one request; call it when the whole plan is made."""
        return Outcome(
            request_id=allotment.search.request.request_id,
            holds=allotment.holds,
            shortfalls=self._shortfalls(allotment.shares),
            questions=allotment.questions,
            hopeless=allotment.hopeless,
            explanation=Explanation(
                engine_version=ENGINE_VERSION,
                rule_pack=self._policy.pack.version,
                weights=asdict(self._policy.weights),
                needs=tuple(self._explain(each, allotment.kept) for each in allotment.shares),
                solver=_ending(allotment.solution),
            ),
        )

    def _shortfalls(self, shares: Iterable[Share]) -> tuple[Shortfall, ...]:
        return tuple(
            Shortfall(
                need_id=share.field.need.need_id,
                kind=share.field.need.kind,
                missing=share.missing,
                optional=share.field.need.optional,
                may_come_back=share.may_come_back,
                reasons=reasons_of(share.field, self._beyond),
            )
            for share in shares
            if share.missing
        )

    def _explain(self, share: Share, kept: bool) -> NeedExplanation:
        chooser = Chooser(share, kept, self._occupancy, self._tiers)
        ranked = _ranked(share.field, chooser)
        listed, rest = ranked[: self._policy.listed], ranked[self._policy.listed :]
        beyond = Counter(map(_reason, rest))
        beyond.update(self._beyond.get(share.field.need.need_id, {}))
        return NeedExplanation(
            need_id=share.field.need.need_id,
            kind=share.field.need.kind,
            wanted=share.field.wanted,
            missing=share.missing,
            wave=share.wave,
            considered=tuple(map(chooser.consideration, listed)),
            beyond=dict(sorted(beyond.items())),
        )


def reasons_of(field: Field, beyond: Mapping[NeedId, dict[str, int]]) -> dict[str, int]:
    """Return why the field falls short: how many candidates each reason turned away.

    A candidate counts under the first rule it failed, under `review` if an operator has to decide,
    or under `capacity` if it passed them all. Those the index turned away count too.
    """
    counts = Counter(map(_reason, (*field.clear, *field.doubtful, *field.barred)))
    counts.update(beyond.get(field.need.need_id, {}))
    counts[CAPACITY] += counts.pop(ELIGIBLE, 0)
    return {reason: count for reason, count in sorted(counts.items()) if count} or {NO_CANDIDATE: 1}


def _ranked(field: Field, chooser: Chooser) -> list[Candidate]:
    """Return all candidates: the chosen, other clear ones, doubtful ones, then the barred.

    Those who fail fewest rules come first among the barred, for they are the nearest to passing.
    """
    clear = sorted(field.clear, key=lambda each: not chooser.is_chosen(each))
    barred = sorted(field.barred, key=lambda each: len(_failed(each)))
    return [*clear, *field.doubtful, *barred]


def _reason(candidate: Candidate) -> str:
    if candidate.ruling is Ruling.PASSED:
        return ELIGIBLE
    return REVIEW if candidate.ruling is Ruling.REVIEW else _failed(candidate)[0].rule


def _failed(candidate: Candidate) -> list[Verdict]:
    return [verdict for verdict in candidate.verdicts if verdict.ruling is Ruling.FAILED]


def _ending(solution: Solution | None) -> str:
    if solution is None:
        return "nothing to allocate"
    return f"{solution.status}: objective {solution.objective:.6g}, bound {solution.bound:.6g}"
