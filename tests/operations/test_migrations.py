"""Every migration only expands what is there, so that older code goes on beside newer code.

What is judged is what it does to PostgreSQL, statement by statement, not how it is written.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event

from muster.cli.bootstrap import migrations_of
from muster.contracts.catalogue import OWNERS
from muster.storage.engine import open_engine
from muster.storage.migrations import upgrade
from tests.operations.manual import PAGES

pytestmark = [pytest.mark.broker, pytest.mark.postgres]

# What an older version, which still runs, may stumble over.
FORBIDDEN = {
    "drops a table": r"^DROP TABLE",
    "drops a column": r"^ALTER TABLE \S+ DROP COLUMN",
    "renames": r"^ALTER TABLE .* RENAME ",
    "adds a column that must be filled, without a default": (
        r"^ALTER TABLE \S+ ADD COLUMN (?!.*\bDEFAULT\b).*\bNOT NULL"
    ),
    "lets a column no longer be empty": r"^ALTER TABLE .* SET NOT NULL",
    "changes a type": r"^ALTER TABLE .* TYPE ",
    "takes a default away": r"^ALTER TABLE .* DROP DEFAULT",
    "adds a constraint": r"^ALTER TABLE .* ADD (CONSTRAINT|UNIQUE|CHECK|FOREIGN)",
    "makes a unique index on a table that was there": r"^CREATE UNIQUE INDEX",
    "changes rows": r"^(UPDATE|DELETE FROM) (?!alembic_version)",
}

# Looked at one by one; docs/operations/upgrade.md says what each of them asks for.
APPROVED = {
    ("matching", "0002"): {
        "drops a table",
        "drops a column",
        "renames",
        "lets a column no longer be empty",
    },
    ("matching", "0003"): {"changes rows"},
    ("matching", "0004"): {"changes rows"},
    ("matching", "0007"): {"changes rows"},
    ("notify", "0003"): {"changes rows"},
}


def configuration(service: str) -> Config:
    """Return Alembic's for a service."""
    config = Config()
    config.set_main_option("script_location", str(migrations_of(service)))
    return config


def later_revisions(service: str) -> list[str]:
    """Return all but the first of a service's revisions, oldest first."""
    scripts = ScriptDirectory.from_config(configuration(service))
    return [script.revision for script in scripts.walk_revisions()][-2::-1]


def faults_in(statement: str, made: set[str]) -> Iterator[str]:
    """Yield what is wrong with a statement, unless it is about a table this migration has made."""
    statement = " ".join(statement.split())
    if created := re.match(r"CREATE TABLE (\S+)", statement):
        made.add(created[1])
    on = re.search(r"(?:ON|TABLE|UPDATE|FROM) (\S+)", statement)
    if on and on[1] in made:
        return
    for fault, pattern in FORBIDDEN.items():
        if re.search(pattern, statement, re.IGNORECASE):
            yield fault


def take_to(engine: Engine, service: str, revision: str) -> list[str]:
    """Upgrade as far as this; return the statements that did it."""
    said: list[str] = []

    def listen(connection: Connection, cursor: object, statement: str, *rest: object) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", listen)
    try:
        with engine.begin() as connection:
            config = configuration(service)
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    finally:
        event.remove(engine, "before_cursor_execute", listen)
    return said


@pytest.mark.parametrize("service", OWNERS)
def test_migrations_after_the_first_only_expand(postgres_url: str, service: str) -> None:
    """Whatever else one does is approved by name; an approval that nothing needs is taken back."""
    engine = open_engine(postgres_url)
    try:
        take_to(engine, service, "0001")
        found = {}
        for revision in later_revisions(service):
            made: set[str] = set()
            statements = take_to(engine, service, revision)
            faults = {fault for each in statements for fault in faults_in(each, made)}
            if faults:
                found[service, revision] = faults
    finally:
        engine.dispose()
    assert found == {key: faults for key, faults in APPROVED.items() if key[0] == service}


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("DROP TABLE offers", "drops a table"),
        ("ALTER TABLE offers DROP COLUMN kind", "drops a column"),
        ("ALTER TABLE offers RENAME kind TO sort", "renames"),
        ("ALTER TABLE offers RENAME TO proposals", "renames"),
        (
            "ALTER TABLE offers ADD COLUMN kind VARCHAR(9) NOT NULL",
            "adds a column that must be filled, without a default",
        ),
        ("ALTER TABLE offers ALTER COLUMN kind SET NOT NULL", "lets a column no longer be empty"),
        ("ALTER TABLE offers ALTER COLUMN kind TYPE INTEGER", "changes a type"),
        ("ALTER TABLE offers ADD CONSTRAINT many CHECK (kind > 0)", "adds a constraint"),
        ("UPDATE offers SET kind = 1", "changes rows"),
    ],
)
def test_what_older_code_stumbles_over_is_seen(statement: str, fault: str) -> None:
    """As Alembic writes it."""
    assert list(faults_in(statement, set())) == [fault]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE extra (id VARCHAR(9) NOT NULL)",
        "ALTER TABLE offers ADD COLUMN kind VARCHAR(9)",
        "ALTER TABLE offers ADD COLUMN kind VARCHAR(9) DEFAULT '' NOT NULL",
        "CREATE INDEX ix_offers_kind ON offers (kind)",
        "DROP INDEX ix_offers_kind",
        "UPDATE alembic_version SET version_num = '0002'",
    ],
)
def test_what_older_code_does_not_notice_passes(statement: str) -> None:
    """Expanding is fine."""
    assert list(faults_in(statement, set())) == []


def test_a_table_may_be_filled_by_the_migration_that_made_it() -> None:
    """Nobody else knows of it yet."""
    made: set[str] = set()
    script = (
        "CREATE TABLE extra (id INT)",
        "UPDATE extra SET id = 1",
        "CREATE UNIQUE INDEX i ON extra (id)",
    )
    assert [fault for each in script for fault in faults_in(each, made)] == []


def test_the_manual_names_every_exception() -> None:
    """Whoever upgrades past one has to know."""
    text = (PAGES / "upgrade.md").read_text("utf-8")
    for service, revision in APPROVED:
        assert f"| {service} {revision} |" in text


LOOKING = """
import sqlalchemy as sa
from alembic import op

revision = "looking"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE seen AS SELECT name, setting FROM pg_settings")
"""


def test_a_migration_gives_way_to_a_backup_and_may_take_its_time(
    postgres_url: str, tmp_path: Path
) -> None:
    """Who waits for a lock holds up all behind; an index of a large table takes minutes."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrations_of("registry"), folder, ignore=lambda *_: ["versions"])
    (folder / "versions").mkdir()
    (folder / "versions" / "looking.py").write_text(LOOKING, "utf-8")
    engine = open_engine(postgres_url)
    try:
        upgrade(folder, engine)
        with engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT name, setting FROM seen").all()
            afterwards = connection.exec_driver_sql("SHOW statement_timeout").scalar_one()
    finally:
        engine.dispose()
    seen = {row.name: row.setting for row in rows}
    assert (seen["lock_timeout"], seen["statement_timeout"]) == ("5000", "0")
    assert afterwards == "15s", "a process has these settings, too"
