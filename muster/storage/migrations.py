"""Runs a service's Alembic migrations against its own database."""

from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Engine, MetaData


def upgrade(migrations: Path, engine: Engine) -> None:
    """Bring the database to the newest revision in the folder; does nothing if it is there."""
    config = Config()
    config.set_main_option("script_location", str(migrations))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def run(metadata: MetaData) -> None:
    """Be the body of a service's ``migrations/env.py``."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        render_as_batch=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
