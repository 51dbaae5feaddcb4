"""Where needs stand in each other's way, and which of them must be decided together."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.matching.engine.allocation.instance import Bundle, Instance


@dataclass(frozen=True)
class Limit:
    """At one instant these needs together may take no more than so many units of the capacity."""

    capacity: str
    units: int
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """Bundles that contend with each other and with nobody else, and the limits between them."""

    bundles: tuple[Bundle, ...]
    limits: tuple[Limit, ...]


def limits_of(instance: Instance) -> list[Limit]:
    """Return every limit that could bind, for no more instants than it takes.

    Use only grows when something starts, so the instants that matter are those where something
    has started and the next thing to happen is an end: the maximal cliques of the windows.
    """
    wanted = _wanted(instance)
    for hold in instance.holds:
        if hold.quantity and hold.capacity in wanted:
            start, end = hold.taken_during
            wanted[hold.capacity].append(_Use(start, end, None, hold.quantity))
    return [
        limit
        for capacity in sorted(wanted)
        for limit in _limits(capacity, instance.capacities[capacity], wanted[capacity])
    ]


def parts_of(instance: Instance, limits: Sequence[Limit]) -> list[Part]:
    """Return the instance in parts that can be solved one by one, the small ones first."""
    home = {
        need.id: position
        for position, bundle in enumerate(instance.bundles)
        for need in bundle.needs
    }
    roots = _joined(len(instance.bundles), ([home[need] for need in each.needs] for each in limits))
    bundles: dict[int, list[Bundle]] = defaultdict(list)
    for position, bundle in enumerate(instance.bundles):
        bundles[roots[position]].append(bundle)
    inside: dict[int, list[Limit]] = defaultdict(list)
    for limit in limits:
        inside[roots[home[limit.needs[0]]]].append(limit)
    parts = [Part(tuple(bundles[root]), tuple(inside[root])) for root in bundles]
    return sorted(parts, key=lambda part: len(part.bundles))


class _Use(NamedTuple):
    start: float
    end: float
    need: str | None  # None: a hold
    quantity: int


def _wanted(instance: Instance) -> dict[str, list[_Use]]:
    wanted: dict[str, list[_Use]] = defaultdict(list)
    for bundle in instance.bundles:
        for need in bundle.needs:
            start, end = need.taken_during
            for option in instance.options[need.id]:
                wanted[option.capacity].append(_Use(start, end, need.id, option.limit))
    return wanted


def _limits(capacity: str, units: int, uses: Sequence[_Use]) -> Iterator[Limit]:
    if sum(use.quantity for use in uses) <= units:
        return
    active: dict[str, int] = {}
    free = units
    grown = False
    for _, starts, use in _events(uses):
        if grown and not starts:
            if active and sum(active.values()) > free:
                yield Limit(capacity, max(0, free), tuple(active))
            grown = False
        grown = grown or starts
        if use.need is None:
            free += -use.quantity if starts else use.quantity
        elif starts:
            active[use.need] = use.quantity
        else:
            del active[use.need]


def _events(uses: Sequence[_Use]) -> Iterable[tuple[float, bool, _Use]]:
    """Return every start and end in the order of time; at one instant the ends come first."""
    starts = ((use.start, True, use) for use in uses)
    ends = ((use.end, False, use) for use in uses)
    return sorted([*starts, *ends], key=lambda event: event[:2])


def _joined(number: int, connections: Iterable[Sequence[int]]) -> list[int]:
    """Return for each of so many places the lowest one it is connected with."""
    above = list(range(number))

    def root(place: int) -> int:
        while above[place] != place:
            above[place] = above[above[place]]
            place = above[place]
        return place

    for first, *others in connections:
        for other in others:
            low, high = sorted((root(first), root(other)))
            above[high] = low
    return [root(place) for place in range(number)]
