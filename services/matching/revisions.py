"""The numbers of changes to what the index is made of: members, capabilities and decisions.

Whoever changes one of these takes the next number in the same transaction and writes it into the
rows it changed. The counter stays locked until commit, so once a number can be read, every row with
that number or a lower one can be read too: nobody who asks for what is above it misses anything.
"""

from functools import cache
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from services.matching.tables import revisions

_OF = "index"
_NEWEST = select(revisions.c.revision).where(revisions.c.of == _OF)


def next_revision(connection: Connection) -> int:
    """Take the next number; take it before the locks of the rows it is for."""
    taken: int = connection.execute(_take_next(connection.dialect.name)).scalar_one()
    return taken


def newest_revision(connection: Connection) -> int:
    """Return the newest number that can be read; 0 if nothing was ever changed."""
    return connection.execute(_NEWEST).scalar() or 0


@cache  # composing it costs more than running it
def _take_next(dialect: str) -> ReturningInsert[Any]:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    taken: ReturningInsert[Any] = (
        insert(revisions)
        .values(of=_OF, revision=1)
        .on_conflict_do_update(
            index_elements=[revisions.c.of], set_={"revision": revisions.c.revision + 1}
        )
        .returning(revisions.c.revision)
    )
    return taken
