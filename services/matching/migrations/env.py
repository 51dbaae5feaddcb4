"""Alembic's entry to the migrations of matching."""

from muster.storage.migrations import run
from services.matching.tables import metadata

run(metadata)
