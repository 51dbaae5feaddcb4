"""Handing out what an unfinished allocation has left over."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.matching.engine.allocation.instance import Bundle, Instance
from services.matching.engine.allocation.model import Allocated, Hold
from services.matching.engine.allocation.serving import serve_all


def completed(instance: Instance, allocation: Sequence[Allocated]) -> list[Allocated]:
    """Return the allocation with whole bundles made whole or given up, and the rest served in turn.

    The allocation must overdraw no capacity.
    """
    filled: Counter[str] = Counter()
    for need, _, quantity in allocation:
        filled[need] += quantity
    given_up = {
        need.id
        for bundle in instance.bundles
        if bundle.whole and any(filled[need.id] < need.quantity for need in bundle.needs)
        for need in bundle.needs
    }
    kept = Counter({each[:2]: each[2] for each in allocation if each[0] not in given_up})
    for need in given_up:
        filled[need] = 0
    for need, capacity, quantity in serve_all(_rest(instance, kept, filled)):
        kept[need, capacity] += quantity
    return [(*place, quantity) for place, quantity in kept.items()]


def _rest(
    instance: Instance, kept: Mapping[tuple[str, str], int], filled: Mapping[str, int]
) -> Instance:
    """Return what is still missing, with all that is kept as holds."""
    needs = {need.id: need for bundle in instance.bundles for need in bundle.needs}
    taken = (
        Hold(capacity, quantity, needs[need].window) for (need, capacity), quantity in kept.items()
    )
    bundles = (_missing_of(bundle, filled) for bundle in instance.bundles)
    return replace(
        instance,
        bundles=tuple(bundle for bundle in bundles if bundle.needs),
        holds=(*instance.holds, *taken),
    )


def _missing_of(bundle: Bundle, filled: Mapping[str, int]) -> Bundle:
    missing = ((need, need.quantity - filled[need.id]) for need in bundle.needs)
    return replace(
        bundle, needs=tuple(replace(need, quantity=rest) for need, rest in missing if rest > 0)
    )
