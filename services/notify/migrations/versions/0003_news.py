"""Know under its new name what was heard under the old one.

The queue `notify.events` became `notify.news`: it had the name of an exchange, and rights at the
broker go by names. Its repeats must not tell people twice.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rename the subscription."""
    op.execute("UPDATE inbox_messages SET subscription = 'news' WHERE subscription = 'events'")


def downgrade() -> None:
    """Rename it back."""
    op.execute("UPDATE inbox_messages SET subscription = 'events' WHERE subscription = 'news'")
