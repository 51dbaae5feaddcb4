"""Serving one bundle after another, each as cheaply as what is left allows."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from services.matching.engine.allocation.instance import Bundle, Instance, Option
from services.matching.engine.allocation.ledger import Ledger
from services.matching.engine.allocation.model import Allocated, Need

Fill = Sequence[tuple[Option, int]]


def serve_all(instance: Instance) -> list[Allocated]:
    """Return what is handed out when the bundles are served in turn: first come, first served."""
    ledger = instance.ledger()
    return [each for bundle in instance.bundles for each in _serve(bundle, instance, ledger)]


def least_cost(bundle: Bundle, instance: Instance) -> float:
    """Return what the bundle costs if each of its needs has everything to itself.

    Nothing can be cheaper, so the sum over all bundles is a bound for any allocation.
    """
    fills = [_fill(need, instance.options[need.id], _limit) for need in bundle.needs]
    return _cost(bundle, fills) if _is_worth_it(bundle, fills) else bundle.waiver


def _serve(bundle: Bundle, instance: Instance, ledger: Ledger) -> Iterator[Allocated]:
    fills = []
    for need in bundle.needs:
        fill = _fill(need, instance.options[need.id], _room_in(ledger, need))
        for option, quantity in fill:
            ledger.take(option.capacity, quantity, need.taken_during)
        fills.append(fill)
    keeps = _is_worth_it(bundle, fills)
    for need, fill in zip(bundle.needs, fills, strict=True):
        for option, quantity in fill:
            if keeps:
                yield need.id, option.capacity, quantity
            else:
                ledger.give_back(option.capacity, quantity, need.taken_during)


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


def _cost(bundle: Bundle, fills: Sequence[Fill]) -> float:
    """Return what these fills cost, with the penalty for the rest."""
    return sum(
        sum(option.cost * quantity for option, quantity in fill)
        + need.penalty * _missing(need, fill)
        for need, fill in zip(bundle.needs, fills, strict=True)
    )


def _is_worth_it(bundle: Bundle, fills: Sequence[Fill]) -> bool:
    """Tell whether to keep them: a whole bundle wants all of it, and not at too high a price."""
    if not bundle.whole:
        return True
    if any(_missing(need, fill) for need, fill in zip(bundle.needs, fills, strict=True)):
        return False
    return _cost(bundle, fills) <= bundle.waiver


def _missing(need: Need, fill: Fill) -> int:
    return need.quantity - sum(quantity for _, quantity in fill)


def _limit(option: Option) -> int:
    return option.limit


def _room_in(ledger: Ledger, need: Need) -> Callable[[Option], int]:
    window = need.taken_during
    return lambda option: min(option.limit, ledger.free(option.capacity, window))
