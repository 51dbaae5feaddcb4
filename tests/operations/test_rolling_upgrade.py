"""Tables get newer under processes that run, and these are replaced one by one, under load."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from muster.cli.bootstrap import metadata_of, migrations_of
from muster.cli.supervise import Supervisor
from muster.contracts.catalogue import OWNERS
from muster.settings import Settings
from muster.storage.engine import open_engine
from muster.storage.migrations import upgrade
from tests.load import Load, Target, Usual, account
from tests.load import ledger as said
from tests.operations.house import POSTGRESQL, House, house
from tests.operations.test_migrations import configuration
from tests.operations.test_restoring import counted
from tests.reports import keep_report
from tests.waiting import eventually

pytestmark = [
    pytest.mark.broker,
    pytest.mark.postgres,
    pytest.mark.faults,
    pytest.mark.timeout(420),
]

RATE_PER_S = 3
ENOUGH = 5
FIRST = """
    op.create_table("next_things", sa.Column("next_id", sa.String(64), primary_key=True))
"""
EACH = """
    op.add_column("{table}", sa.Column("next_note", sa.String(64)))
    kind = sa.Column("next_kind", sa.String(32), nullable=False, server_default="")
    op.add_column("{table}", kind)
    op.create_index("ix_next_{table}", "{table}", ["next_kind"])
"""
SCRIPT = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{down_revision}"
branch_labels = None
depends_on = None


def upgrade():
{body}
"""


@pytest.fixture
def muster() -> Iterator[House]:
    """Return a house on PostgreSQL."""
    with house(POSTGRESQL) as built:
        yield built


def next_migrations(service: str, directory: Path) -> Path:
    """Write what a next version may add to every table of a service; return where it is."""
    folder = directory / service
    shutil.copytree(migrations_of(service), folder)
    before = ScriptDirectory.from_config(configuration(service)).get_current_head()
    bodies = [FIRST, *(EACH.format(table=table) for table in sorted(metadata_of(service).tables))]
    for number, body in enumerate(bodies, 9000):
        script = SCRIPT.format(revision=number, down_revision=before, body=body)
        (folder / "versions" / f"{number}_next.py").write_text(script, "utf-8")
        before = str(number)
    return folder


def test_nothing_is_lost_or_refused_while_a_new_version_takes_over(muster: House) -> None:
    """Tables first, then one process after the other, by the manual's own commands."""
    target = Target.of(muster.up())
    pids = {each.name: each.pid for each in Supervisor(muster.directory).processes()}
    ledger = muster.home / "ledger.jsonl"
    with Load(target, RATE_PER_S, ledger, profile=Usual(scarce_every=10), scarce=2) as load:
        with load.running():
            eventually(lambda: counted(ledger, said.ENDED) >= ENOUGH, within_s=60)
            expand(muster)
            seen = counted(ledger, said.ENDED)
            eventually(lambda: counted(ledger, said.ENDED) >= seen + ENOUGH, within_s=60)
            muster.obey("restart-one-by-one", "new-token-keys")
            seen = counted(ledger, said.ENDED)
            eventually(lambda: counted(ledger, said.ENDED) >= seen + ENOUGH, within_s=60)
        load.settle(within_s=120)
        traffic = load.traffic
    accounts = account(target, ledger, at_rest_within_s=90)
    accounts.assert_nothing_lost()
    assert not [name for name in traffic if name.startswith("refused")], traffic
    for each in Supervisor(muster.directory).processes():
        assert (each.pid != pids[each.name]) is (each.name in {"api", "worker", "relay"})
    keep_report("upgrade", {"traffic": traffic, "accounting": accounts.as_json()})


def expand(muster: House) -> None:
    """Take every database to what a next version expects."""
    settings = Settings(database_url=muster.database_url)
    for service in OWNERS:
        engine = open_engine(settings.database_url_of(service))
        try:
            upgrade(next_migrations(service, muster.home), engine)
            columns = {each["name"] for each in inspect(engine).get_columns("outbox_messages")}
            assert {"next_note", "next_kind"} <= columns
        finally:
            engine.dispose()
