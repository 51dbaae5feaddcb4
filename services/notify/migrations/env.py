"""Run by Alembic; see muster/storage/migrations.py."""

from muster.storage.migrations import run
from services.notify.tables import metadata

run(metadata)
