"""The gate: may this provider lawfully, and can it actually, serve this need?

An ordered list of rules. A rule is a predicate with the words for its fact and its wish, which are
only put together when it fails. The order is the one in which shortfalls count their reasons.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from muster.contracts.vocabulary.attributes import GuardRequirement
from muster.contracts.vocabulary.kinds import REMOTE_KINDS, Urgency
from muster.contracts.vocabulary.statuses import CapabilityStatus
from muster.contracts.vocabulary.values import Place, Window
from services.matching.domain.capability import Capability, Licence, Provider
from services.matching.domain.request import Need, Request
from services.matching.engine.requirements import mismatches
from services.matching.engine.verdicts import Verdict


@dataclass(frozen=True)
class Case:
    """One candidate for one need.

    `window` is what is still ahead of the request's window; `distance_km` is from base to place.
    """

    now: datetime
    request: Request
    need: Need
    window: Window
    capability: Capability
    provider: Provider | None
    refused: bool
    distance_km: float

    @property
    def is_armed(self) -> bool:
        """Tell whether arms are asked for."""
        return isinstance(self.need.required, GuardRequirement) and self.need.required.armed

    @property
    def wanted_by(self) -> datetime:
        """Return when the team has to be ready.

        That is when the window starts. Once it has started, and in an emergency, help that comes
        late is better than none, so anything before the window's end will do.
        """
        late_is_better_than_never = self.request.urgency is Urgency.EMERGENCY
        begun = self.request.window.starts_at <= self.now
        return self.window.ends_at if begun or late_is_better_than_never else self.window.starts_at

    @property
    def ready_at(self) -> datetime:
        """Return when the team can be there, if asked now."""
        return self.now + timedelta(minutes=self.capability.lead_time_minutes)


def distance_km(need: Need, capability: Capability, place: Place) -> float:
    """Return how far the base is from the place; 0 for work from a desk, where nobody travels."""
    if need.kind in REMOTE_KINDS:
        return 0.0
    return capability.base.position.distance_km(place.position)


@dataclass(frozen=True)
class Rule:
    """A condition every candidate has to meet."""

    name: str
    holds: Callable[[Case], bool]
    fact: Callable[[Case], str]
    wanted: Callable[[Case], str]

    def judge(self, case: Case) -> Verdict:
        """Return what this rule says of the case."""
        return Verdict(self.name, self.holds(case), self.fact(case), self.wanted(case))


def failures(case: Case) -> tuple[Verdict, ...]:
    """Return the verdict of every rule the case fails, in gate order; none: it is eligible."""
    return tuple([rule.judge(case) for rule in RULES if not rule.holds(case)])


def _licensed(case: Case) -> bool:
    return case.provider is not None and case.provider.may_work(
        case.need.kind, case.request.place.country, case.window, armed=case.is_armed
    )


def _licences(case: Case) -> list[Licence]:
    """Return the papers that speak of this work in this place, valid or not."""
    licences = case.provider.licences if case.provider else ()
    kind, country = case.need.kind, case.request.place.country
    return [paper for paper in licences if paper.allows(kind, country, armed=case.is_armed)]


def _licence_fact(case: Case) -> str:
    papers = [f"{p.kind} {p.status} until {p.valid.ends_at.isoformat()}" for p in _licences(case)]
    return "; ".join(papers) or "none"


def _licence_wanted(case: Case) -> str:
    armed = "armed " if case.is_armed else ""
    return (
        f"a verified licence or permit for {armed}{case.need.kind} in "
        f"{case.request.place.country} through {case.window.ends_at.isoformat()}"
    )


def _fits(case: Case) -> bool:
    return not _mismatches(case)


def _mismatches(case: Case) -> list[tuple[str, str]]:
    found = mismatches(case.need.required, case.capability.attributes, case.request.place.country)
    return [(mismatch.fact, mismatch.wanted) for mismatch in found]


def _within_radius(case: Case) -> bool:
    radius = case.capability.coverage.radius_km
    return radius is None or case.distance_km <= radius


def _span(window: Window) -> str:
    return f"{window.starts_at.isoformat()} to {window.ends_at.isoformat()}"


RULES: tuple[Rule, ...] = (
    Rule(
        "provider_active",
        lambda case: case.provider is not None and case.provider.is_active,
        lambda case: str(case.provider.status) if case.provider else "not known to matching",
        lambda _: "active",
    ),
    Rule(
        "capability_published",
        lambda case: case.capability.status is CapabilityStatus.PUBLISHED,
        lambda case: str(case.capability.status),
        lambda _: "published",
    ),
    Rule(
        "other_organisation",
        lambda case: case.capability.provider_id != case.request.enterprise_id,
        lambda _: "the enterprise itself",
        lambda _: "another member",
    ),
    Rule(
        "not_excluded",
        lambda case: case.capability.provider_id not in case.request.excluded_providers,
        lambda _: "excluded by the request",
        lambda _: "a provider that is not excluded",
    ),
    Rule(
        "not_refused_before",
        lambda case: not case.refused,
        lambda _: "declined this need, or let its offer expire",
        lambda _: "not asked for this need before",
    ),
    Rule(
        "attributes",
        _fits,
        lambda case: "; ".join(fact for fact, _ in _mismatches(case)),
        lambda case: "; ".join(wanted for _, wanted in _mismatches(case)),
    ),
    Rule(
        "coverage_country",
        lambda case: case.request.place.country in case.capability.coverage.countries,
        lambda case: ", ".join(sorted(case.capability.coverage.countries)),
        lambda case: case.request.place.country,
    ),
    Rule(
        "coverage_radius",
        _within_radius,
        lambda case: f"{case.distance_km:.0f} km from base",
        lambda case: f"within {case.capability.coverage.radius_km} km",
    ),
    Rule(
        "licence",
        _licensed,
        _licence_fact,
        _licence_wanted,
    ),
    Rule(
        "lead_time",
        lambda case: case.ready_at <= case.wanted_by,
        lambda case: f"ready at {case.ready_at.isoformat()}",
        lambda case: f"ready by {case.wanted_by.isoformat()}",
    ),
    Rule(
        "available",
        lambda case: case.capability.is_available(case.window),
        lambda case: "; ".join(map(_span, case.capability.available)),
        lambda case: _span(case.window),
    ),
    Rule(
        "no_blackout",
        lambda case: case.capability.blackout_in(case.window) is None,
        lambda case: "; ".join(map(_span, case.capability.blackouts)),
        lambda case: f"none within {_span(case.window)}",
    ),
)
