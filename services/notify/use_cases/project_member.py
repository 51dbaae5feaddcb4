"""Keep how members can be reached."""

from functools import cache

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite

from muster.contracts.registry import MemberSnapshot
from muster.storage.unit_of_work import UnitOfWork
from services.notify.tables import members

_KEPT = ("version", "name", "status", "operations_email", "emergency_email")


def project_member(work: UnitOfWork, snapshot: MemberSnapshot) -> None:
    """Keep the snapshot, unless one as new or newer is known; so it may come late or twice."""
    work.connection.execute(
        _keep(work.connection.dialect.name),
        {
            "organisation_id": snapshot.organisation_id,
            "version": snapshot.version,
            "name": snapshot.name,
            "status": snapshot.status.value,
            "operations_email": snapshot.operations_email,
            "emergency_email": snapshot.emergency_email,
        },
    )


@cache  # composing it costs more than running it
def _keep(dialect: str) -> Insert:
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(members)
    upsert: Insert = insert.on_conflict_do_update(
        index_elements=[members.c.organisation_id],
        set_={name: insert.excluded[name] for name in _KEPT},
        where=members.c.version < insert.excluded.version,
    )
    return upsert
