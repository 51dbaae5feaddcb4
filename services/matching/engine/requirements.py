"""Whether a capability's attributes meet a need's, kind by kind."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from muster.contracts.vocabulary.attributes import (
    CapabilityAttributes,
    CrisisAttributes,
    CrisisRequirement,
    GuardAttributes,
    GuardRequirement,
    InsuranceAttributes,
    InsuranceRequirement,
    IntelligenceAttributes,
    IntelligenceRequirement,
    MedicalAttributes,
    MedicalRequirement,
    Requirement,
    VehicleAttributes,
    VehicleRequirement,
)
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.kinds import MedicalTransport
from muster.contracts.vocabulary.values import Money


@dataclass(frozen=True)
class Comparison:
    """One attribute against what is wanted of it: the fact, the wish, and whether it is met."""

    fact: str
    wanted: str
    met: bool


def comparisons(
    required: Requirement, attributes: CapabilityAttributes, country: Country
) -> list[Comparison]:
    """Return every attribute the requirement asks for, met in this country or not."""
    if required.kind != attributes.kind:
        return [Comparison(f"kind {attributes.kind}", f"kind {required.kind}", met=False)]
    return list(_COMPARISONS[required.kind](required, attributes, country))


def _guards(
    required: GuardRequirement, has: GuardAttributes, _country: Country
) -> Iterator[Comparison]:
    yield from _all_of("skills", required.skills, has.skills)
    yield from _all_of("languages", required.languages, has.languages)
    if required.armed:
        yield Comparison("armed" if has.armed else "unarmed", "armed", has.armed)
    yield _one_of("environments", required.environment, has.environments)


def _vehicles(
    required: VehicleRequirement, has: VehicleAttributes, _country: Country
) -> Iterator[Comparison]:
    armour = f"armour {required.armour} or better"
    yield Comparison(f"armour {has.armour}", armour, has.armour.rank >= required.armour.rank)
    seats = f"{required.seats} seats or more"
    yield Comparison(f"{has.seats} seats", seats, has.seats >= required.seats)
    yield Comparison(
        f"environment {has.environment}",
        f"environment {required.environment}",
        has.environment is required.environment,
    )


def _insurance(
    required: InsuranceRequirement, has: InsuranceAttributes, country: Country
) -> Iterator[Comparison]:
    yield _one_of("lines", required.line, has.lines)
    # Limits in different currencies are not compared: a guess would be a silent yes or no.
    comparable = has.limit.currency == required.limit.currency
    yield Comparison(
        f"limit {_sum(has.limit)}",
        f"limit {_sum(required.limit)} or more",
        comparable and has.limit.minor_units >= required.limit.minor_units,
    )
    yield _one_of("territory", country, has.territory)


def _intelligence(
    required: IntelligenceRequirement, has: IntelligenceAttributes, _country: Country
) -> Iterator[Comparison]:
    yield _one_of("products", required.product, has.products)
    yield Comparison(
        f"within {has.turnaround_hours} h",
        f"within {required.within_hours} h",
        has.turnaround_hours <= required.within_hours,
    )
    yield from _all_of("languages", required.languages, has.languages)


def _crisis(
    required: CrisisRequirement, has: CrisisAttributes, _country: Country
) -> Iterator[Comparison]:
    yield _one_of("services", required.service, has.services)
    yield from _all_of("languages", required.languages, has.languages)


def _medical(
    required: MedicalRequirement, has: MedicalAttributes, _country: Country
) -> Iterator[Comparison]:
    level = f"{required.level.name.lower()} or above"
    yield Comparison(f"level {has.level.name.lower()}", level, has.level >= required.level)
    if required.transport is not MedicalTransport.NONE:
        yield _one_of("transports", required.transport, has.transports)
    yield from _all_of("languages", required.languages, has.languages)


# Keyed by kind, which both sides share by then, so each function gets the classes it names.
_COMPARISONS: Mapping[str, Callable[[Any, Any, Country], Iterator[Comparison]]] = {
    "guards": _guards,
    "vehicles": _vehicles,
    "insurance": _insurance,
    "intelligence": _intelligence,
    "crisis_management": _crisis,
    "medical_rescue": _medical,
}


def _all_of(name: str, wanted: frozenset[str], has: frozenset[str]) -> Iterator[Comparison]:
    if not wanted:
        return
    lacking = wanted - has
    wish = f"also {_listed(lacking)}" if lacking else f"{name} {_listed(wanted)}"
    yield Comparison(f"{name} {_listed(has)}", wish, not lacking)


def _one_of(name: str, wanted: str, has: frozenset[Any]) -> Comparison:
    return Comparison(f"{name} {_listed(has)}", wanted, wanted in has)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)) or "none"


def _sum(money: Money) -> str:
    return f"{money.minor_units} {money.currency} (minor units)"
