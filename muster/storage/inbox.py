"""The inbox: remembers which messages a subscription has taken, so that a repeat has no effect."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, MetaData
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert


def admit(
    connection: Connection,
    metadata: MetaData,
    subscription: str,
    message_ids: Sequence[str],
    now: datetime,
) -> set[str]:
    """Return those ids that come for the first time, and remember all, in one statement."""
    rows = [
        {"subscription": subscription, "message_id": message_id, "received_at": now}
        for message_id in sorted(set(message_ids))
    ]
    # Rows go as parameters, not as VALUES in the text: so the statement is compiled once.
    return set(connection.execute(_admit(metadata, connection.dialect.name), rows).scalars())


@cache
def _admit(metadata: MetaData, dialect: str) -> ReturningInsert[Any]:
    inbox = metadata.tables["inbox_messages"]
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(inbox).on_conflict_do_nothing().returning(inbox.c.message_id)
