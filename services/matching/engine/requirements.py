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
class Mismatch:
    """One attribute that falls short: what it is, and what was wanted."""

    fact: str
    wanted: str


def mismatches(
    required: Requirement, attributes: CapabilityAttributes, country: Country
) -> list[Mismatch]:
    """Return every attribute that does not meet the requirement in this country; none: it fits."""
    if required.kind != attributes.kind:
        return [Mismatch(f"kind {attributes.kind}", f"kind {required.kind}")]
    return list(_COMPARISONS[required.kind](required, attributes, country))


def _guards(
    required: GuardRequirement, has: GuardAttributes, _country: Country
) -> Iterator[Mismatch]:
    yield from _all_of("skills", required.skills, has.skills)
    yield from _all_of("languages", required.languages, has.languages)
    if required.armed and not has.armed:
        yield Mismatch("unarmed", "armed")
    if required.environment not in has.environments:
        yield Mismatch(f"environments {_listed(has.environments)}", f"{required.environment}")


def _vehicles(
    required: VehicleRequirement, has: VehicleAttributes, _country: Country
) -> Iterator[Mismatch]:
    if has.armour.rank < required.armour.rank:
        yield Mismatch(f"armour {has.armour}", f"armour {required.armour} or better")
    if has.seats < required.seats:
        yield Mismatch(f"{has.seats} seats", f"{required.seats} seats or more")
    if has.environment is not required.environment:
        yield Mismatch(f"environment {has.environment}", f"environment {required.environment}")


def _insurance(
    required: InsuranceRequirement, has: InsuranceAttributes, country: Country
) -> Iterator[Mismatch]:
    if required.line not in has.lines:
        yield Mismatch(f"lines {_listed(has.lines)}", f"{required.line}")
    # Limits in different currencies are not compared: a guess would be a silent yes or no.
    comparable = has.limit.currency == required.limit.currency
    if not comparable or has.limit.minor_units < required.limit.minor_units:
        yield Mismatch(f"limit {_sum(has.limit)}", f"limit {_sum(required.limit)} or more")
    if country not in has.territory:
        yield Mismatch(f"territory {_listed(has.territory)}", f"{country}")


def _intelligence(
    required: IntelligenceRequirement, has: IntelligenceAttributes, _country: Country
) -> Iterator[Mismatch]:
    if required.product not in has.products:
        yield Mismatch(f"products {_listed(has.products)}", f"{required.product}")
    if has.turnaround_hours > required.within_hours:
        yield Mismatch(f"within {has.turnaround_hours} h", f"within {required.within_hours} h")
    yield from _all_of("languages", required.languages, has.languages)


def _crisis(
    required: CrisisRequirement, has: CrisisAttributes, _country: Country
) -> Iterator[Mismatch]:
    if required.service not in has.services:
        yield Mismatch(f"services {_listed(has.services)}", f"{required.service}")
    yield from _all_of("languages", required.languages, has.languages)


def _medical(
    required: MedicalRequirement, has: MedicalAttributes, _country: Country
) -> Iterator[Mismatch]:
    if has.level < required.level:
        yield Mismatch(f"level {has.level.name.lower()}", f"{required.level.name.lower()} or above")
    needs_transport = required.transport is not MedicalTransport.NONE
    if needs_transport and required.transport not in has.transports:
        yield Mismatch(f"transports {_listed(has.transports)}", f"{required.transport}")
    yield from _all_of("languages", required.languages, has.languages)


# Keyed by kind, which both sides share by then, so each function gets the classes it names.
_COMPARISONS: Mapping[str, Callable[[Any, Any, Country], Iterator[Mismatch]]] = {
    "guards": _guards,
    "vehicles": _vehicles,
    "insurance": _insurance,
    "intelligence": _intelligence,
    "crisis_management": _crisis,
    "medical_rescue": _medical,
}


def _all_of(name: str, wanted: frozenset[str], has: frozenset[str]) -> Iterator[Mismatch]:
    if lacking := wanted - has:
        yield Mismatch(f"{name} {_listed(has)}", f"also {_listed(lacking)}")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)) or "none"


def _sum(money: Money) -> str:
    return f"{money.minor_units} {money.currency} (minor units)"
