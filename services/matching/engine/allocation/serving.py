"""Serving one bundle after another, each as cheaply as what is left allows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from services.matching.engine.allocation.instance import Bundle, Instance, Option
from services.matching.engine.allocation.ledger import Ledger
from services.matching.engine.allocation.model import Allocated, Need


@dataclass(frozen=True)
class Serving:
    """What one bundle gets, and what that costs with the penalty for the rest."""

    allocated: tuple[Allocated, ...]
    cost: float


def serve_all(instance: Instance) -> list[Serving]:
    """Return what each bundle gets when they are served in turn, first come, first served."""
    ledger = instance.ledger()
    return [_serve(bundle, instance, ledger) for bundle in instance.bundles]


def least_cost(bundle: Bundle, instance: Instance) -> float:
    """Return what the bundle costs if each of its needs has everything to itself.

    Nothing can be cheaper, so the sum over all bundles is a bound for any allocation.
    """
    fills = [_fill(need, instance.options[need.id], _limit) for need in bundle.needs]
    return _settle(bundle, fills).cost


def _serve(bundle: Bundle, instance: Instance, ledger: Ledger) -> Serving:
    fills = []
    for need in bundle.needs:
        fill = _fill(need, instance.options[need.id], _room_in(ledger, need))
        for option, quantity in fill:
            ledger.take(option.capacity, quantity, need.taken_during)
        fills.append(fill)
    serving = _settle(bundle, fills)
    if not serving.allocated:
        for need, fill in zip(bundle.needs, fills, strict=True):
            for option, quantity in fill:
                ledger.give_back(option.capacity, quantity, need.taken_during)
    return serving


Fill = Sequence[tuple[Option, int]]


def _fill(need: Need, options: Iterable[Option], room: Callable[[Option], int]) -> Fill:
    return list(_cheapest_first(need, options, room))


def _cheapest_first(
    need: Need, options: Iterable[Option], room: Callable[[Option], int]
) -> Iterator[tuple[Option, int]]:
    missing = need.quantity
    for option in options:
        quantity = min(missing, room(option))
        if quantity == need.quantity or (quantity and need.splittable):
            yield option, quantity
            missing -= quantity
            if not missing:
                return


def _settle(bundle: Bundle, fills: Sequence[Fill]) -> Serving:
    """Return the serving by these fills; a whole bundle refuses what is not whole or too dear."""
    allocated: list[Allocated] = []
    cost = 0.0
    missing_any = False
    for need, fill in zip(bundle.needs, fills, strict=True):
        missing = need.quantity
        for option, quantity in fill:
            allocated.append((need.id, option.capacity, quantity))
            cost += option.cost * quantity
            missing -= quantity
        cost += need.penalty * missing
        missing_any = missing_any or missing > 0
    if bundle.whole and (missing_any or cost > bundle.waiver):
        return Serving((), bundle.waiver)
    return Serving(tuple(allocated), cost)


def _limit(option: Option) -> int:
    return option.limit


def _room_in(ledger: Ledger, need: Need) -> Callable[[Option], int]:
    window = need.taken_during
    return lambda option: min(option.limit, ledger.free(option.capacity, window))
