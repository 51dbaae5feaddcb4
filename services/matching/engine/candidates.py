"""Who comes into question for a need at all, and what gate and score say of each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.values import Window
from services.matching.domain.capability import Capability
from services.matching.domain.request import Need
from services.matching.engine.gate import Case, distance_km, failures
from services.matching.engine.model import Demand, Pool
from services.matching.engine.score import score
from services.matching.engine.verdicts import Score, Verdict

Index = Mapping[tuple[CapabilityKind, Country], Sequence[Capability]]


@dataclass(frozen=True)
class Candidate:
    """One capability for one need. It is eligible if it failed no rule; then it has a score."""

    capability: Capability
    failed: tuple[Verdict, ...]
    score: Score | None


@dataclass(frozen=True)
class Field:
    """Everyone who was looked at for one need of one request, the best first, then the barred."""

    need: Need
    wanted: int
    window: Window
    eligible: tuple[Candidate, ...]
    barred: tuple[Candidate, ...]


def index_of(pool: Pool) -> Index:
    """Return the capabilities by kind and by each country they serve."""
    index: dict[tuple[CapabilityKind, Country], list[Capability]] = defaultdict(list)
    for capability in pool.capabilities:
        for country in capability.coverage.countries:
            index[capability.kind, country].append(capability)
    return index


def field_for(demand: Demand, need: Need, window: Window, pool: Pool, index: Index) -> Field:
    """Return everyone who serves this kind in the request's country, judged and ordered."""
    serving = index.get((need.kind, demand.request.place.country), ())
    judged = [_judge(demand, need, window, pool, capability) for capability in serving]
    eligible = [candidate for candidate in judged if candidate.score is not None]
    return Field(
        need=need,
        wanted=demand.missing[need.need_id],
        window=window,
        eligible=tuple(sorted(eligible, key=_best_first)),
        barred=tuple(candidate for candidate in judged if candidate.score is None),
    )


def _judge(
    demand: Demand, need: Need, window: Window, pool: Pool, capability: Capability
) -> Candidate:
    case = Case(
        now=pool.now,
        request=demand.request,
        need=need,
        window=window,
        capability=capability,
        provider=pool.providers.get(capability.provider_id),
        refused=(need.need_id, capability.capability_id) in demand.refused,
        distance_km=distance_km(need, capability, demand.request.place),
    )
    failed = failures(case)
    return Candidate(capability, failed, None if failed else score(case))


def _best_first(candidate: Candidate) -> tuple[float, str]:
    value = candidate.score.value if candidate.score else 0.0
    return value, candidate.capability.capability_id
