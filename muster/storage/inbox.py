"""The inbox: remembers which messages a subscription has taken, so that a repeat has no effect."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, MetaData
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql.dml import ReturningInsert

# One array for all ids, so that PostgreSQL plans it once, however many there are.
_ADMIT_ON_POSTGRESQL = """
    INSERT INTO inbox_messages (subscription, message_id, received_at)
    SELECT %s, message_id, %s FROM unnest(%b::varchar[]) AS ids (message_id)
    ON CONFLICT DO NOTHING RETURNING message_id
"""


def admit(
    connection: Connection,
    metadata: MetaData,
    subscription: str,
    message_ids: Sequence[str],
    now: datetime,
) -> set[str]:
    """Return those ids that come for the first time, and remember all, in one statement."""
    ids = sorted(set(message_ids))
    if connection.dialect.name == "postgresql":
        found = connection.exec_driver_sql(_ADMIT_ON_POSTGRESQL, (subscription, now, ids))
        return set(found.scalars())
    rows = [
        {"subscription": subscription, "message_id": message_id, "received_at": now}
        for message_id in ids
    ]
    # Rows go as parameters, not as VALUES in the text: so the statement is compiled once.
    return set(connection.execute(_admit(metadata), rows).scalars())


@cache
def _admit(metadata: MetaData) -> ReturningInsert[Any]:
    inbox = metadata.tables["inbox_messages"]
    return insert(inbox).on_conflict_do_nothing().returning(inbox.c.message_id)
