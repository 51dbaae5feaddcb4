"""The rows of track records: counted up as things happen, read as standings."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Insert, func, select
from sqlalchemy.dialects import postgresql, sqlite

from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.storage.unit_of_work import UnitOfWork
from services.matching.domain.track_record import TrackRecord
from services.matching.engine.policy import Standing
from services.matching.tables import capabilities, track_records

_COUNTED = ("accepted", "refused", "completed", "aborted", "given")
_OFFERED = (
    select(func.coalesce(func.sum(capabilities.c.offered), 0))
    .where(capabilities.c.provider_id == track_records.c.provider_id)
    .scalar_subquery()
    .label("offered")
)
_RECORDS = select(track_records, _OFFERED)


def _upsert(dialect: str) -> Insert:
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(track_records)
    added = {name: track_records.c[name] + statement.excluded[name] for name in _COUNTED}
    upsert: Insert = statement.on_conflict_do_update(
        index_elements=[track_records.c.provider_id],
        set_={**added, "changed_at": statement.excluded.changed_at},
    )
    return upsert


_COUNT = {dialect: _upsert(dialect) for dialect in ("sqlite", "postgresql")}


@dataclass(frozen=True)
class Tally:
    """What has just happened with a provider, to be added to its record."""

    provider_id: OrganisationId
    accepted: int = 0
    refused: int = 0
    completed: int = 0
    aborted: int = 0
    given: float = 0.0

    def plus(self, other: "Tally") -> "Tally":
        """Return both in one."""
        return replace(
            self, **{name: getattr(self, name) + getattr(other, name) for name in _COUNTED}
        )


def count(work: UnitOfWork, *tallies: Tally) -> None:
    """Add these to the records of their providers when the unit commits."""
    for tally in tallies:
        work.postpone(_add_up, tally)


def _add_up(work: UnitOfWork, tallies: list[Tally]) -> None:
    sums: dict[OrganisationId, Tally] = {}
    for tally in tallies:
        known = sums.get(tally.provider_id)
        sums[tally.provider_id] = tally if known is None else known.plus(tally)
    # In one order: two who count the same providers would wait for each other in a ring.
    rows = [{**vars(each), "changed_at": work.now} for _, each in sorted(sums.items())]
    work.connection.execute(_COUNT[work.connection.dialect.name], rows)


def load_standings(connection: Connection, now: datetime) -> Mapping[OrganisationId, Standing]:
    """Return how each provider that has a record stands now."""
    found = connection.execute(_RECORDS).mappings()
    return {
        OrganisationId(row["provider_id"]): _standing(
            TrackRecord(**{name: row[name] for name in _COUNTED}), row["offered"], now
        )
        for row in found
    }


def _standing(record: TrackRecord, offered: int, now: datetime) -> Standing:
    return Standing(quality=record.quality, share=record.share(offered, now))
