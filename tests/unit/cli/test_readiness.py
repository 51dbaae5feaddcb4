"""A process says what is wrong with its stores before it works with them."""

from pathlib import Path

from muster.cli.bootstrap import migrate, open_stores, unreachable
from muster.settings import Settings


def settings(directory: Path) -> Settings:
    """Return the settings of a process that serves one service."""
    return Settings(services=("registry",), database_url=f"sqlite:///{directory}/{{service}}.db")


def test_a_store_that_was_made_answers(tmp_path: Path) -> None:
    """There is nothing to say of it."""
    migrate(settings(tmp_path))

    assert unreachable(open_stores(settings(tmp_path))) == []


def test_a_store_without_its_tables_is_a_reason(tmp_path: Path) -> None:
    """SQLite would make an empty database of any name, and answer."""
    [reason] = unreachable(open_stores(settings(tmp_path)))

    assert reason.startswith("store of registry: ")


def test_a_store_that_is_no_database_is_a_reason_and_no_crash(tmp_path: Path) -> None:
    """A file that something else has overwritten."""
    (tmp_path / "registry.db").write_bytes(b"garbage" * 2000)

    [reason] = unreachable(open_stores(settings(tmp_path)))

    assert "not a database" in reason
