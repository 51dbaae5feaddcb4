"""A backup is taken under load, all is lost, the copy is restored, and everybody goes on."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import func, select

from muster.cli.supervise import Supervisor
from muster.storage.store import Store
from tests.load import Accounting, Goal, Load, Target, Usual, account, entries
from tests.load import ledger as said
from tests.load.accounting import compare
from tests.load.broker import waiting_messages
from tests.operations.house import POSTGRESQL, SQLITE, House, house
from tests.operations.successor import Clients, Remembered
from tests.reports import keep_report
from tests.waiting import eventually

pytestmark = [pytest.mark.broker, pytest.mark.faults, pytest.mark.timeout(420)]

RATE_PER_S = 3
ENOUGH = 4  # of whatever has to have happened before the story goes on


@pytest.fixture(params=[pytest.param(POSTGRESQL, marks=pytest.mark.postgres), SQLITE])
def somewhere(request: pytest.FixtureRequest) -> Iterator[tuple[str, House]]:
    """Return which store it is, and a house on it."""
    with house(request.param) as built:
        yield request.param, built


def test_what_was_in_the_backup_is_there_fits_together_and_goes_on(
    somewhere: tuple[str, House],
) -> None:
    """Backup and restoration are the manual's own commands; the broker begins with nothing."""
    kind, muster = somewhere
    target, profile = Target.of(muster.up()), Remembered(Usual(scarce_every=10))
    before = muster.home / "before.jsonl"
    with Load(target, RATE_PER_S, before, profile=profile, scarce=2, sweep_s=1) as load:
        with load.running():
            eventually(lambda: counted(before, said.ENDED) >= ENOUGH, within_s=60)
            began, ended = back_up_while_events_wait(muster, kind, target)
            eventually(lambda: counted(before, said.ENDED, since=ended) >= ENOUGH, within_s=60)
        eventually(lambda: counted(before, said.DUE) == counted(before, said.ACKNOWLEDGED), 60)
        clients = Clients.of(load)
    with muster.stores() as stores:
        last_heard = newest_stream_entry(stores)
    muster.burn_down()

    muster.obey("restore-keys", f"restore-{kind}")

    with muster.stores() as stores:
        known = told_until(before, began, muster.home / "known.jsonl")
        accounts = compare(known, stores, (), Goal.CLOSED, None, ({}, {}))
        assert missing(accounts) == []
        assert not accounts.doubled
        assert not accounts.overbooked
        assert taken(stores) <= spoken(stores), "a service knows of what nobody has said"
        unheard = len(spoken(stores) - taken(stores))
        assert unheard, "nothing was on its way: this proves little"
        restored = newest_stream_entry(stores)
        lost = missing(compare(before, stores, (), Goal.CLOSED, None, ({}, {})))
        assert lost, "nothing came after the backup: this proves little"

    target = Target.of(muster.up())
    after = muster.home / "after.jsonl"
    ids = clients.repeat(target, profile.bodies, after)
    account(target, after, at_rest_within_s=90).assert_nothing_lost()
    again = {key for key, request in ids.items() if request == request_of(before)[key]}
    assert again >= set(request_of(known)), "a repeat of what was in the backup made it again"
    assert len(again) < len(ids), "what was lost cannot have its old id"
    with muster.stores() as stores:
        assert first_stream_entry_after(stores, restored) > last_heard, "listeners would miss it"
    keep_report(
        f"restoring-{kind}",
        {
            "relay_stopped_s": round(ended - began, 2),
            "requests": len(ids),
            "in_the_backup": len(again),
            "lost_after_it": len(lost),
            "events_on_their_way": unheard,
        },
    )


def back_up_while_events_wait(muster: House, kind: str, target: Target) -> tuple[float, float]:
    """Take the backup while the queues hold what is in no inbox, and requests come in.

    Return when it began, and when all was well again.
    """
    supervisor = Supervisor(muster.directory)
    supervisor.stop_all(["worker"])
    eventually(lambda: waiting_messages(target.amqp_url)[0], within_s=30)
    if kind == SQLITE:
        supervisor.start("worker")  # and comes back while the copies are made
    began = time.time()
    muster.obey(f"back-up-{kind}")
    ended = time.time()
    supervisor.start("worker")
    if kind == POSTGRESQL:
        muster.obey("check-postgresql", "base-backup")  # the latter while events are on their way
        with muster.recovered() as stores:
            assert taken(stores) <= spoken(stores), "a service knows of what nobody has said"
            assert len(taken(stores)) > ENOUGH
    return began, ended


def counted(ledger: Path, kind: str, since: float = 0) -> int:
    """Return how many entries of a kind there are."""
    return sum(1 for each in entries(ledger) if each["is"] == kind and each["at"] >= since)


def request_of(ledger: Path) -> dict[str, str]:
    """Return the ids that submissions were answered with, by key."""
    return {
        each["key"]: each["request"] for each in entries(ledger) if each["is"] == said.ACKNOWLEDGED
    }


def told_until(ledger: Path, moment: float, copy: Path) -> Path:
    """Write down what a client knew at a moment, and return where."""
    lines = ledger.read_bytes().splitlines(keepends=True)
    known = [line for line, each in zip(lines, entries(ledger), strict=True) if each["at"] < moment]
    copy.write_bytes(b"".join(known))
    return copy


def missing(accounts: Accounting) -> list[str]:
    """Return what is lost, without what has only not come to its end yet."""
    return [each for each in accounts.lost if " is still " not in each]


def spoken(stores: Mapping[str, Store]) -> set[str]:
    """Return the ids of all events that any service has said."""
    return ids_in(stores, "outbox_messages")


def taken(stores: Mapping[str, Store]) -> set[str]:
    """Return the ids of all events that any service has taken."""
    return ids_in(stores, "inbox_messages")


def ids_in(stores: Mapping[str, Store], table: str) -> set[str]:
    """Return the ids of the messages in a table of every service."""
    found: set[str] = set()
    for store in stores.values():
        with store.read() as connection:
            column = store.metadata.tables[table].c.message_id
            found.update(connection.execute(select(column)).scalars())
    return found


def newest_stream_entry(stores: Mapping[str, Store]) -> int:
    """Return the greatest number that a listener to the live stream may have seen."""
    notify = stores["notify"]
    with notify.read() as connection:
        number = notify.metadata.tables["stream_entries"].c.sequence
        return int(connection.execute(select(func.max(number))).scalar_one())


def first_stream_entry_after(stores: Mapping[str, Store], number: int) -> int:
    """Return the number of the next entry of the live stream."""
    notify = stores["notify"]
    with notify.read() as connection:
        column = notify.metadata.tables["stream_entries"].c.sequence
        query = select(func.min(column)).where(column > number)
        return int(connection.execute(query).scalar_one())
