"""How long the foundation's rows are kept, and forgetting those nothing can ask for any more."""

from datetime import timedelta

from sqlalchemy import MetaData, delete

from muster.storage.unit_of_work import UnitOfWork

# Longer than any message can wait in a queue or be replayed from the dead letters by hand.
INBOX_KEPT = timedelta(days=30)
# So that a dead letter can be traced to where it came from.
PUBLISHED_KEPT = timedelta(days=7)
# A client that repeats a request does so within minutes; a week covers a phone out of reach.
IDEMPOTENCY_KEPT = timedelta(days=7)


def forget_old(work: UnitOfWork, metadata: MetaData) -> int:
    """Delete old inbox rows, published outbox rows and idempotency keys; return how many went."""
    inbox = metadata.tables["inbox_messages"]
    outbox = metadata.tables["outbox_messages"]
    answers = metadata.tables["idempotency_keys"]
    statements = (
        delete(inbox).where(inbox.c.received_at < work.now - INBOX_KEPT),
        delete(outbox).where(outbox.c.published_at < work.now - PUBLISHED_KEPT),
        delete(answers).where(answers.c.recorded_at < work.now - IDEMPOTENCY_KEPT),
    )
    return sum(work.connection.execute(statement).rowcount for statement in statements)
