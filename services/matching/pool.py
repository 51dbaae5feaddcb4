"""Loads what might serve a batch of requests, with everything the engine has to know of it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from muster.contracts.vocabulary.identifiers import CapabilityId, OrganisationId
from muster.contracts.vocabulary.values import Window
from services.matching import calendar, projection
from services.matching.domain.booking import Booking
from services.matching.domain.capability import Capability
from services.matching.domain.capacity import Calendar
from services.matching.domain.member import Member
from services.matching.engine.model import Demand, Pool
from services.matching.live_index import LiveIndex
from services.matching.shortlist import shortlist

Load = Callable[[Connection, Collection[CapabilityId]], Sequence[Capability]]


def lock_pool(
    connection: Connection, batch: Sequence[Demand], index: LiveIndex, now: datetime
) -> Pool:
    """Return the pool for this batch.

    The rows of all its capabilities stay locked until commit, so what is free in it stays free:
    nobody else can book any of them meanwhile.
    """
    return _pool(connection, batch, index, now, projection.lock_capabilities)


def look_at_pool(
    connection: Connection, batch: Sequence[Demand], index: LiveIndex, now: datetime
) -> Pool:
    """Return the pool for this batch, and lock nothing: good to look at, not to book from."""

    def load(connection: Connection, ids: Collection[CapabilityId]) -> Sequence[Capability]:
        return tuple(projection.load_capabilities(connection, ids).values())

    return _pool(connection, batch, index, now, load)


def enterprises_of(
    connection: Connection, batch: Sequence[Demand]
) -> Mapping[OrganisationId, Member]:
    """Return those who ask, by id; those matching has not heard of yet are absent."""
    return projection.load_members(connection, {demand.request.enterprise_id for demand in batch})


def _pool(
    connection: Connection,
    batch: Sequence[Demand],
    index: LiveIndex,
    now: datetime,
    load: Load,
) -> Pool:
    index.synchronise(connection, now)
    askers = enterprises_of(connection, batch)
    found = shortlist(batch, index, askers, partial(_free, connection), now)
    capabilities = load(connection, found.capabilities)
    owners = {capability.provider_id for capability in capabilities}
    ids = [capability.capability_id for capability in capabilities]
    return Pool(
        now=now,
        capabilities=tuple(capabilities),
        members={**askers, **projection.load_members(connection, owners - askers.keys())},
        bookings=calendar.taken(connection, ids, _span(batch, now)),
        decisions=index.decisions(),
        standings=index.standings(),
        beyond=found.beyond,
        shortlists=found.by_need,
    )


def _free(connection: Connection, ids: Sequence[CapabilityId], window: Window) -> list[int]:
    """Return how many units of each are free; they may be taken the next instant."""
    known = projection.load_capabilities(connection, ids)
    taken: Calendar[Booking] = Calendar(calendar.taken(connection, ids, window))
    return [taken.free(each, known[each].capacity, window) for each in sorted(known)]


def _span(batch: Sequence[Demand], now: datetime) -> Window:
    windows = [demand.request.ahead(now) for demand in batch]
    return Window(min(w.starts_at for w in windows), max(w.ends_at for w in windows))
