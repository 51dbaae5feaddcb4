"""Gathers whom the engine looks at: everybody, or in a large scenario a shortlist."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from muster.contracts.vocabulary.identifiers import CapabilityId
from muster.contracts.vocabulary.values import Window
from services.matching.domain.booking import Booking
from services.matching.domain.capability import Capability
from services.matching.domain.capacity import Calendar
from services.matching.engine.model import Demand, Pool
from services.matching.engine.policy import Policy
from services.matching.shortlist import FEW, shortlist


def gathered(everything: Pool, batch: Sequence[Demand], policy: Policy) -> Pool:
    """Return the pool for this batch, without those whom the index leaves out of every need."""
    if len(everything.capabilities) <= FEW:
        return everything
    # Only now, for arrays take a while to load and a small scenario does without.
    from services.matching.engine.index import Index

    index = Index(policy)
    for provider_id, standing in everything.standings.items():
        index.put_standing(provider_id, standing)
    # The capabilities of one provider one after another: the index reads its papers once.
    for each in sorted(everything.capabilities, key=lambda each: each.provider_id):
        index.put(each, everything.members[each.provider_id], everything.decisions)
    found = shortlist(batch, index, everything.members, _Free(everything), everything.now)
    return replace(
        everything,
        capabilities=tuple(
            each for each in everything.capabilities if each.capability_id in found.capabilities
        ),
        beyond=found.beyond,
        shortlists=found.by_need,
    )


class _Free:
    """Tells how much of what is free."""

    def __init__(self, pool: Pool) -> None:
        self._capabilities: Mapping[CapabilityId, Capability] = {
            each.capability_id: each for each in pool.capabilities
        }
        self._calendar: Calendar[Booking] = Calendar(pool.bookings)

    def __call__(self, ids: Sequence[CapabilityId], window: Window) -> list[int]:
        """Return how many units of each are free through the whole window."""
        known = (self._capabilities[each] for each in ids)
        return [self._calendar.free(c.capability_id, c.capacity, window) for c in known]
