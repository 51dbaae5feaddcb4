"""Keep what it takes to make up for a queue that was lost."""

from muster.storage.revisions import create_foundation_2, drop_foundation_2

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the foundation's two tables for it."""
    create_foundation_2()


def downgrade() -> None:
    """Drop them."""
    drop_foundation_2()
