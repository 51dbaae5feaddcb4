"""Alembic's entry to the migrations of dispatch."""

from muster.storage.migrations import run
from services.dispatch.tables import metadata

run(metadata)
