"""Loads and locks everything that might serve a batch of requests."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from muster.contracts.vocabulary.values import Window
from services.matching import calendar, projection
from services.matching.engine.model import Demand, Pool


def load_pool(connection: Connection, batch: Sequence[Demand], now: datetime) -> Pool:
    """Return the pool for this batch.

    The rows of all its capabilities stay locked until commit, so what is free in it stays free:
    nobody else can book any of them meanwhile.
    """
    wanted = {
        (demand.request.place.country, need.kind)
        for demand in batch
        for need in demand.request.needs
        if demand.missing[need.need_id] > 0
    }
    capabilities = projection.lock_capabilities(connection, sorted(wanted))
    providers = projection.load_providers(
        connection, sorted({capability.provider_id for capability in capabilities})
    )
    windows = [demand.request.ahead(now) for demand in batch]
    span = Window(min(w.starts_at for w in windows), max(w.ends_at for w in windows))
    ids = [capability.capability_id for capability in capabilities]
    return Pool(now, capabilities, providers, calendar.taken(connection, ids, span))
