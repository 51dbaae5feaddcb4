"""Let what the registry says of members again count, though they have not changed since.

What was kept of them before lacks their certificates, policies and conflicts; the registry's own
migration has it say all of them once more, with the versions they have.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take what is kept for older than anything that is said."""
    op.execute("UPDATE members SET version = 0")


def downgrade() -> None:
    """Nothing to do: the versions come with what is said next."""
