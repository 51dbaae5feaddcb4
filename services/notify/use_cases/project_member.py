"""Keep how members can be reached."""

from sqlalchemy.dialects import postgresql, sqlite

from muster.contracts.registry import MemberSnapshot
from muster.storage.unit_of_work import UnitOfWork
from services.notify.tables import members

_KEPT = ("version", "name", "status", "operations_email", "emergency_email")


def project_member(work: UnitOfWork, snapshot: MemberSnapshot) -> None:
    """Keep the snapshot, unless one as new or newer is known; so it may come late or twice."""
    dialect = postgresql if work.connection.dialect.name == "postgresql" else sqlite
    upsert = dialect.insert(members).values(
        organisation_id=snapshot.organisation_id,
        version=snapshot.version,
        name=snapshot.name,
        status=snapshot.status.value,
        operations_email=snapshot.operations_email,
        emergency_email=snapshot.emergency_email,
    )
    fresh = upsert.excluded
    work.connection.execute(
        upsert.on_conflict_do_update(
            index_elements=[members.c.organisation_id],
            set_={name: fresh[name] for name in _KEPT},
            where=members.c.version < fresh.version,
        )
    )
