"""Runs a service's Alembic migrations against its own database."""

from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Engine, MetaData

# A change of a table waits for whoever uses it, and all others wait behind it. Who uses it for long
# is a backup: the migration gives way, and is run again afterwards. But an index of a large table
# may take much longer than any statement of a process.
_ON_POSTGRESQL = "SET lock_timeout = '5s'; SET statement_timeout = 0"


def upgrade(migrations: Path, engine: Engine) -> None:
    """Bring the database to the newest revision in the folder; does nothing if it is there.

    Each revision is a transaction of its own, so it holds what it locks no longer than it has to:
    with all of them in one, a lock on one table would be held while another is waited for, and
    whoever works meanwhile does the same the other way round.
    """
    config = Config()
    config.set_main_option("script_location", str(migrations))
    with engine.connect() as connection:
        postgresql = connection.dialect.name == "postgresql"
        if postgresql:
            connection.exec_driver_sql(_ON_POSTGRESQL)
            connection.commit()
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        finally:
            if postgresql:
                connection.invalidate()  # nobody else is to have these settings


def run(metadata: MetaData) -> None:
    """Be the body of a service's ``migrations/env.py``."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        render_as_batch=True,
        transactional_ddl=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
