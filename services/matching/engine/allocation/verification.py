"""Counting again what an allocation costs, and whether it keeps every rule."""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import fsum

from services.matching.engine.allocation.instance import Bundle, Instance
from services.matching.engine.allocation.model import Allocated, Need


def cost_of(instance: Instance, allocation: Iterable[Allocated]) -> float:
    """Return what the allocation costs, with the penalties; the same in whatever order it is."""
    prices = {
        (need, option.capacity): option.cost
        for need, options in instance.options.items()
        for option in options
    }
    terms = []
    filled: Counter[str] = Counter()
    for need, capacity, quantity in allocation:
        terms.append(prices[need, capacity] * quantity)
        filled[need] += quantity
    for bundle in instance.bundles:
        terms += [need.penalty * (need.quantity - filled[need.id]) for need in bundle.needs]
    return fsum(terms)


def is_allowed(instance: Instance, allocation: Sequence[Allocated]) -> bool:
    """Tell whether no capacity is overdrawn at any instant and split and group rules are kept."""
    needs = {need.id: need for bundle in instance.bundles for need in bundle.needs}
    filled: Counter[str] = Counter()
    ledger = instance.ledger()
    for name, capacity, quantity in allocation:
        need = needs[name]
        if quantity > ledger.free(capacity, need.taken_during) or not _may_be(need, quantity):
            return False
        ledger.take(capacity, quantity, need.taken_during)
        filled[name] += quantity
    return all(_is_kept(bundle, filled) for bundle in instance.bundles)


def _may_be(need: Need, quantity: int) -> bool:
    return quantity > 0 and (need.splittable or quantity == need.quantity)


def _is_kept(bundle: Bundle, filled: Counter[str]) -> bool:
    if any(filled[need.id] > need.quantity for need in bundle.needs):
        return False
    full = [filled[need.id] == need.quantity for need in bundle.needs]
    nothing = not any(filled[need.id] for need in bundle.needs)
    return not bundle.whole or all(full) or nothing
