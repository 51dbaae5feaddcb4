"""Who comes into question for a need at all, and what gate and score say of each."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import CapabilityId
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.values import Window
from services.matching.domain.capability import Capability
from services.matching.domain.request import Need, Request
from services.matching.engine.facts import facts_of
from services.matching.engine.gate import Case, judge, matter_of, ruling_of
from services.matching.engine.model import Demand, Pool
from services.matching.engine.policy import NEWCOMER, Matter, Policy
from services.matching.engine.preferences import Wish, wishes
from services.matching.engine.score import Purse, score
from services.matching.engine.verdicts import Ruling, Score, Verdict, Wave
from services.matching.engine.waves import RANK, wave_of


@dataclass(frozen=True)
class Candidate:
    """One capability for one need: what the gate says of it, and how good it would be."""

    capability: Capability
    matter: Matter
    verdicts: tuple[Verdict, ...]
    ruling: Ruling
    score: Score
    wave: Wave
    arrives_at: datetime

    @property
    def cost(self) -> float:
        """Return what one unit of it costs in an allocation: whoever is nearer by a wave is better.

        Within a wave the score decides.
        """
        return RANK[self.wave] + self.score.value

    @property
    def capability_id(self) -> CapabilityId:
        """Return which capability it is."""
        return self.capability.capability_id


DEAREST = len(Wave)
"""No candidate costs more for a unit."""


@dataclass(frozen=True)
class Field:
    """Everyone who was looked at for one need of one request, the best first in each part.

    `clear` passed every rule, `doubtful` await an operator's decision, `barred` failed a rule.
    """

    request: Request
    need: Need
    wanted: int
    window: Window
    clear: tuple[Candidate, ...]
    doubtful: tuple[Candidate, ...]
    barred: tuple[Candidate, ...]

    @property
    def name(self) -> str:
        """Return a name that no other field of the batch has."""
        return f"{self.request.request_id} {self.need.need_id}"


@dataclass(frozen=True)
class Search:
    """A request with a field for each need of which something is missing."""

    demand: Demand
    required: tuple[Field, ...]
    optional: tuple[Field, ...]

    @property
    def request(self) -> Request:
        """Return the request."""
        return self.demand.request


@dataclass(frozen=True)
class _View:
    """How the candidates of one need are looked at."""

    wishes: tuple[Wish, ...]
    purse: Purse


_Index = Mapping[tuple[CapabilityKind, Country], Sequence[Capability]]


class Scout:
    """Finds and judges the candidates in a pool."""

    def __init__(self, pool: Pool, policy: Policy) -> None:
        self._pool = pool
        self._policy = policy
        self._serving = _index_of(pool.capabilities)

    def search(self, demand: Demand) -> Search:
        """Return everyone who may come into question for what the request misses."""
        missing = [need for need in demand.request.needs if demand.missing[need.need_id] > 0]
        return Search(
            demand,
            tuple(self._field(demand, need) for need in missing if not need.optional),
            tuple(self._field(demand, need) for need in missing if need.optional),
        )

    def _field(self, demand: Demand, need: Need) -> Field:
        request = demand.request
        window = request.ahead(self._pool.now)
        wanted = demand.missing[need.need_id]
        view = _View(wishes(need.required, need.preferred), Purse.of(request.terms.budget, wanted))
        judged = [
            self._judge(demand, need, window, each, view)
            for each in self._looked_at(need, request.place.country)
        ]
        judged.sort(key=lambda each: (each.cost, each.capability_id))
        return Field(
            request,
            need,
            wanted,
            window,
            clear=_ruled(judged, Ruling.PASSED),
            doubtful=_ruled(judged, Ruling.REVIEW),
            barred=_ruled(judged, Ruling.FAILED),
        )

    def _looked_at(self, need: Need, host: Country) -> Sequence[Capability]:
        serving = self._serving.get((need.kind, host), ())
        listed = self._pool.shortlists.get(need.need_id)
        return serving if listed is None else [c for c in serving if c.capability_id in listed]

    def _judge(
        self, demand: Demand, need: Need, window: Window, capability: Capability, view: _View
    ) -> Candidate:
        pool, request, provider_id = self._pool, demand.request, capability.provider_id
        matter = matter_of(provider_id, request, need)
        case = Case(
            now=pool.now,
            request=request,
            need=need,
            window=window,
            capability=capability,
            provider=pool.members.get(provider_id),
            enterprise=pool.members.get(request.enterprise_id),
            policy=self._policy,
            refused=(need.need_id, capability.capability_id) in demand.refused,
            decision=pool.decisions.get(matter),
        )
        verdicts = judge(case)
        facts = facts_of(
            case, pool.standings.get(provider_id, NEWCOMER), view.wishes, view.purse.currency
        )
        return Candidate(
            capability=capability,
            matter=matter,
            verdicts=verdicts,
            ruling=ruling_of(verdicts),
            score=score(facts, view.purse, self._policy.weights),
            wave=wave_of(capability.base.country, request.place.country),
            arrives_at=case.arrives_at,
        )


def _index_of(capabilities: Iterable[Capability]) -> _Index:
    index: dict[tuple[CapabilityKind, Country], list[Capability]] = defaultdict(list)
    for capability in capabilities:
        for country in capability.coverage.countries:
            index[capability.kind, country].append(capability)
    return index


def _ruled(judged: Iterable[Candidate], ruling: Ruling) -> tuple[Candidate, ...]:
    return tuple([each for each in judged if each.ruling is ruling])
