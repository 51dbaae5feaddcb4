"""How long the foundation's rows are kept, and forgetting those nothing can ask for any more."""

from datetime import datetime, timedelta

from sqlalchemy import Column, Delete, MetaData, Table, delete, select, tuple_

from muster.storage.unit_of_work import UnitOfWork

# Longer than any message can wait in a queue or be replayed from the dead letters by hand.
INBOX_KEPT = timedelta(days=30)
# So that a dead letter can be traced to where it came from.
PUBLISHED_KEPT = timedelta(days=7)
# A client that repeats a request does so within minutes; a week covers a phone out of reach.
IDEMPOTENCY_KEPT = timedelta(days=7)


AT_ONCE = 2_000  # rows of a table, so that the transaction stays short


def forget_old(work: UnitOfWork, metadata: MetaData, at_once: int = AT_ONCE) -> int:
    """Delete old inbox rows, published outbox rows and idempotency keys; return how many went.

    At most `at_once` of each: call it again until nothing goes.
    """
    inbox = metadata.tables["inbox_messages"]
    outbox = metadata.tables["outbox_messages"]
    answers = metadata.tables["idempotency_keys"]
    # The outbox is looked at from its oldest end only: it has no index by time, and needs none.
    published = select(outbox.c.sequence).where(outbox.c.published_at.is_not(None))
    oldest = published.order_by(outbox.c.sequence).limit(at_once)
    statements = (
        _delete_old(inbox, inbox.c.received_at, work.now - INBOX_KEPT, at_once),
        delete(outbox).where(
            outbox.c.sequence.in_(oldest.scalar_subquery()),
            outbox.c.published_at < work.now - PUBLISHED_KEPT,
        ),
        _delete_old(answers, answers.c.recorded_at, work.now - IDEMPOTENCY_KEPT, at_once),
    )
    return sum(work.connection.execute(statement).rowcount for statement in statements)


def _delete_old(table: Table, time: Column[datetime], before: datetime, at_once: int) -> Delete:
    key = tuple(table.primary_key.columns)
    old = select(*key).where(time < before).order_by(time).limit(at_once)
    return delete(table).where(tuple_(*key).in_(old))
