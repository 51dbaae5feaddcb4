"""Have every member said again: others keep more of them than they did when it was last said."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from muster.storage.columns import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_organisations = sa.table("organisations", sa.column("organisation_id", sa.String()))
_timers = sa.table(
    "timers",
    sa.column("timer_id", sa.String()),
    sa.column("kind", sa.String()),
    sa.column("subject", sa.String()),
    sa.column("due_at", UtcDateTime()),
    sa.column("correlation_id", sa.String()),
    sa.column("attempts", sa.Integer()),
)


def upgrade() -> None:
    """Set a timer for each member that is due at once, so that a worker says all of it."""
    member = _organisations.c.organisation_id
    due = sa.select(
        sa.literal("restatement-") + member,
        sa.literal("restatement"),
        member,
        sa.literal(datetime.now(UTC), UtcDateTime()),
        sa.literal("upgrade"),
        sa.literal(0),
    )
    op.execute(_timers.insert().from_select([column.name for column in _timers.c], due))


def downgrade() -> None:
    """Forget whom nobody has said again yet."""
    op.execute("DELETE FROM timers WHERE kind = 'restatement'")
