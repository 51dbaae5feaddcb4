"""Let capacity be added up by kind and country without reading every capability.

What the version before still writes has neither: it is not counted until it is said again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_SQLITE = """
UPDATE capabilities SET kind = json_extract(document, '$.attributes.kind'),
country = json_extract(document, '$.base.country')
"""
_POSTGRESQL = """
UPDATE capabilities SET kind = document::json -> 'attributes' ->> 'kind',
country = document::json -> 'base' ->> 'country'
"""


def upgrade() -> None:
    """Keep both beside the document, and find bookings that are not over without the others."""
    for name, length in (("kind", 32), ("country", 2)):
        column = sa.Column(name, sa.String(length), nullable=False, server_default="")
        op.add_column("capabilities", column)
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(_SQLITE if sqlite else _POSTGRESQL)
    op.create_index("ix_bookings_ends_at", "bookings", ["ends_at"])


def downgrade() -> None:
    """Forget them."""
    op.drop_index("ix_bookings_ends_at", table_name="bookings")
    with op.batch_alter_table("capabilities") as batch:
        batch.drop_column("country")
        batch.drop_column("kind")
