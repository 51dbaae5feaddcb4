"""The inbox: remembers which messages a subscription has taken, so that a repeat has no effect."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, MetaData
from sqlalchemy.dialects import postgresql, sqlite


def admit(
    connection: Connection,
    metadata: MetaData,
    subscription: str,
    message_ids: Sequence[str],
    now: datetime,
) -> set[str]:
    """Return those ids that come for the first time, and remember all, in one statement."""
    inbox = metadata.tables["inbox_messages"]
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    # Rows go as parameters, not as VALUES in the text: so the statement is compiled once.
    statement = insert(inbox).on_conflict_do_nothing().returning(inbox.c.message_id)
    rows = [
        {"subscription": subscription, "message_id": message_id, "received_at": now}
        for message_id in sorted(set(message_ids))
    ]
    return set(connection.execute(statement, rows).scalars())
