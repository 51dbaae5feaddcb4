"""What an enterprise would like beyond what it requires, and how much of that a team lacks."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from muster.contracts.vocabulary.attributes import (
    CapabilityAttributes,
    CrisisRequirement,
    GuardRequirement,
    InsuranceRequirement,
    IntelligenceRequirement,
    MedicalRequirement,
    Requirement,
    VehicleRequirement,
)
from muster.contracts.vocabulary.kinds import Armour, MedicalLevel, MedicalTransport
from muster.contracts.vocabulary.values import Money


class Wish(NamedTuple):
    """One thing preferred: which attribute of the requirement, and the value wished for."""

    attribute: str
    value: Any


def wishes(required: Requirement, preferred: Requirement | None) -> tuple[Wish, ...]:
    """Return what is preferred beyond what is required, each skill and language by itself.

    A preference of another kind than the requirement cannot be met by anybody and says nothing.
    """
    if preferred is None or preferred.kind != required.kind:
        return ()
    return tuple(_WISHES[required.kind](required, preferred))


def lacking(asked: tuple[Wish, ...], has: CapabilityAttributes) -> float:
    """Return which share of the wishes these attributes do not grant; 0 if nothing is wished."""
    if not asked:
        return 0.0
    granted = sum(_GRANTS[wish.attribute](has, wish.value) for wish in asked)
    return (len(asked) - granted) / len(asked)


def _sets(required: Any, preferred: Any, *names: str) -> Iterator[Wish]:
    for name in names:
        beyond = getattr(preferred, name) - getattr(required, name)
        yield from (Wish(name, value) for value in sorted(beyond))


def _changes(required: Any, preferred: Any, *names: str) -> Iterator[Wish]:
    for name in names:
        value = getattr(preferred, name)
        if value != getattr(required, name):
            yield Wish(name, value)


def _guards(required: GuardRequirement, preferred: GuardRequirement) -> Iterator[Wish]:
    yield from _sets(required, preferred, "skills", "languages")
    yield from _changes(required, preferred, "environment")
    if preferred.armed and not required.armed:
        yield Wish("armed", True)


def _vehicles(required: VehicleRequirement, preferred: VehicleRequirement) -> Iterator[Wish]:
    if preferred.armour.rank > required.armour.rank:
        yield Wish("armour", preferred.armour)
    if preferred.seats > required.seats:
        yield Wish("seats", preferred.seats)
    yield from _changes(required, preferred, "environment")


def _insurance(required: InsuranceRequirement, preferred: InsuranceRequirement) -> Iterator[Wish]:
    yield from _changes(required, preferred, "line", "limit")


def _intelligence(
    required: IntelligenceRequirement, preferred: IntelligenceRequirement
) -> Iterator[Wish]:
    yield from _changes(required, preferred, "product")
    if preferred.within_hours < required.within_hours:
        yield Wish("within_hours", preferred.within_hours)
    yield from _sets(required, preferred, "languages")


def _crisis(required: CrisisRequirement, preferred: CrisisRequirement) -> Iterator[Wish]:
    yield from _changes(required, preferred, "service")
    yield from _sets(required, preferred, "languages")


def _medical(required: MedicalRequirement, preferred: MedicalRequirement) -> Iterator[Wish]:
    if preferred.level > required.level:
        yield Wish("level", preferred.level)
    if preferred.transport is not MedicalTransport.NONE:
        yield from _changes(required, preferred, "transport")
    yield from _sets(required, preferred, "languages")


_WISHES: Mapping[str, Callable[[Any, Any], Iterator[Wish]]] = {
    "guards": _guards,
    "vehicles": _vehicles,
    "insurance": _insurance,
    "intelligence": _intelligence,
    "crisis_management": _crisis,
    "medical_rescue": _medical,
}


def _environment(has: Any, value: Any) -> bool:
    return value in has.environments if has.kind == "guards" else bool(has.environment == value)


def _armour(has: Any, value: Armour) -> bool:
    return bool(has.armour.rank >= value.rank)


def _limit(has: Any, value: Money) -> bool:
    same = has.limit.currency == value.currency
    return bool(same and has.limit.minor_units >= value.minor_units)


def _level(has: Any, value: MedicalLevel) -> bool:
    return bool(has.level >= value)


_GRANTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "skills": lambda has, value: value in has.skills,
    "languages": lambda has, value: value in has.languages,
    "armed": lambda has, _: bool(has.armed),
    "environment": _environment,
    "armour": _armour,
    "seats": lambda has, value: bool(has.seats >= value),
    "line": lambda has, value: value in has.lines,
    "limit": _limit,
    "product": lambda has, value: value in has.products,
    "within_hours": lambda has, value: bool(has.turnaround_hours <= value),
    "service": lambda has, value: value in has.services,
    "level": _level,
    "transport": lambda has, value: value in has.transports,
}
