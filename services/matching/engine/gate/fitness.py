"""The engine's other rules: whether a capability is open to the request, suits it, and is in time.

A rule tells the fact it found and what would do, whether it passes or not.
"""

from collections.abc import Callable, Sequence
from datetime import UTC
from functools import lru_cache
from math import ceil

from muster.contracts.vocabulary.attributes import CapabilityAttributes, Requirement
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.kinds import REMOTE_KINDS
from muster.contracts.vocabulary.statuses import CapabilityStatus
from muster.contracts.vocabulary.values import Window
from services.matching.engine.gate.case import Case, wanted_by
from services.matching.engine.gate.words import failed_instead_of, passed, verdict
from services.matching.engine.requirements import comparisons
from services.matching.engine.verdicts import Verdict

# Most candidates pass these, with the same words: one verdict serves them all.
_PUBLISHED = passed("capability_published", CapabilityStatus.PUBLISHED.value, "published")
_ANOTHER = passed("other_organisation", "another member", "another member")
_WELCOME = passed("not_excluded", "not excluded", "a provider that is not excluded")
_NOT_ASKED = passed(
    "not_refused_before", "not asked before", "not asked for this need in vain before"
)
_ANY_DISTANCE = passed("coverage_radius", "work from a desk", "any distance")


def capability_published(case: Case) -> Verdict:
    """Paused and retired capabilities are left alone."""
    if case.capability.status is CapabilityStatus.PUBLISHED:
        return _PUBLISHED
    return failed_instead_of(_PUBLISHED, case.capability.status.value)


def other_organisation(case: Case) -> Verdict:
    """Nobody is found for itself."""
    if case.capability.provider_id != case.request.enterprise_id:
        return _ANOTHER
    return failed_instead_of(_ANOTHER, "the enterprise itself")


def not_excluded(case: Case) -> Verdict:
    """The enterprise may say whom it does not want."""
    if case.capability.provider_id not in case.request.excluded_providers:
        return _WELCOME
    return failed_instead_of(_WELCOME, "excluded by the request")


def not_refused_before(case: Case) -> Verdict:
    """Who declined a need, or let its offer expire, is not asked again."""
    if not case.refused:
        return _NOT_ASKED
    return failed_instead_of(_NOT_ASKED, "declined this need, or let its offer expire")


def attributes(case: Case) -> Verdict:
    """It has what the need requires; what it lacks is named in one verdict."""
    return _fit(case.need.required, case.capability.attributes, case.request.place.country)


def coverage_country(case: Case) -> Verdict:
    """It serves in the host country."""
    return _coverage(case.request.place.country, case.capability.coverage.countries)


def coverage_radius(case: Case) -> Verdict:
    """The place is within the distance it serves; work from a desk knows no distance."""
    if case.need.kind in REMOTE_KINDS:
        return _ANY_DISTANCE
    radius, distance = case.capability.coverage.radius_km, case.distance_km
    near = radius is None or distance <= radius
    # Whoever is too far by half a kilometre must not read as near enough.
    told = round(distance) if near else ceil(distance)
    wanted = "any distance" if radius is None else f"within {radius:g} km"
    return verdict("coverage_radius", near, f"{told} km from base", wanted)


def arrival(case: Case) -> Verdict:
    """Ready, over the border and at the place in time."""
    latest = wanted_by(case.request, case.now)
    return verdict(
        "arrival",
        case.arrival_hours <= (latest - case.now).total_seconds() / 3600,
        f"arrives at {case.arrives_at.isoformat()}",
        f"by {latest.isoformat()}",
    )


def available(case: Case) -> Verdict:
    """One of its times of availability holds the whole window; none stated: always."""
    if not case.capability.available:
        return _always(case.window)
    return verdict(
        "available",
        case.capability.is_available(case.window),
        "; ".join(map(_span, case.capability.available)),
        _span(case.window),
    )


def no_blackout(case: Case) -> Verdict:
    """No blackout touches the window."""
    if not case.capability.blackouts:
        return _never_away(case.window)
    return verdict(
        "no_blackout",
        case.capability.blackout_in(case.window) is None,
        "; ".join(map(_span, case.capability.blackouts)),
        f"none within {_span(case.window)}",
    )


# The same needs meet the same attributes, and all candidates of a need are asked about the same
# window: what is said of them is written once, for writing takes longer than judging.
@lru_cache(maxsize=10_000)
def _fit(required: Requirement, has: CapabilityAttributes, host: Country) -> Verdict:
    found = comparisons(required, has, host)
    told = [each for each in found if not each.met] or found
    return verdict(
        "attributes",
        all(each.met for each in found),
        "; ".join(each.fact for each in told),
        "; ".join(each.wanted for each in told),
    )


@lru_cache(maxsize=1000)
def _coverage(host: Country, countries: frozenset[Country]) -> Verdict:
    return verdict("coverage_country", host in countries, ", ".join(sorted(countries)), host)


@lru_cache(maxsize=1000)
def _always(window: Window) -> Verdict:
    return passed("available", "always", _span(window))


@lru_cache(maxsize=1000)
def _never_away(window: Window) -> Verdict:
    return passed("no_blackout", "none", f"none within {_span(window)}")


@lru_cache(maxsize=1000)
def _span(window: Window) -> str:
    # In UTC: windows that are equal need not be written alike.
    first, last = window.starts_at.astimezone(UTC), window.ends_at.astimezone(UTC)
    return f"{first.isoformat()} to {last.isoformat()}"


Rule = Callable[[Case], Verdict]

BEFORE_THE_LAW: Sequence[Rule] = (attributes, coverage_country, coverage_radius)
AFTER_THE_LAW: Sequence[Rule] = (arrival, available, no_blackout)
