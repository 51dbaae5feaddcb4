"""Couriers and the live stream's readers keep their promises on SQLite and on PostgreSQL."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from muster.access import Caller
from muster.clock import RandomIds, SystemClock
from muster.contracts.vocabulary.identifiers import EventId, Prefix
from muster.contracts.vocabulary.kinds import Role
from muster.messaging.envelope import Envelope
from muster.storage.engine import open_engine
from muster.storage.store import Store
from services.notify.queries import entries_after
from services.notify.tables import metadata, notifications
from services.notify.use_cases.announce import announce
from services.notify.use_cases.claim_due import claim_letters, claim_posts
from services.notify.use_cases.register_webhook import NewWebhook, register_webhook
from services.notify.use_cases.set_preferences import set_preferences
from services.notify.wording import wording
from tests.unit.notify.builders import (
    CONTEXT,
    PROVIDER,
    envelope_of,
    known,
    offer_sent,
    rows_of,
    snapshot,
    tell,
)

IDS = RandomIds()
OF_PROVIDER = Caller("cli_1", Role.PROVIDER, PROVIDER)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Return an empty store of notify of each kind in turn."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/notify.db"
    else:
        url = request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    metadata.create_all(engine)
    yield Store("notify", engine, metadata, SystemClock(), IDS)
    engine.dispose()


def offers(how_many: int) -> list[Envelope]:
    """Return so many offers to the provider."""
    return [envelope_of(offer_sent(), EventId(IDS.new(Prefix.EVENT))) for _ in range(how_many)]


def test_couriers_side_by_side_share_the_letters_among_them(store: Store) -> None:
    """Each letter is claimed by exactly one, and none is left."""
    tell(store, *offers(500))
    together = threading.Barrier(4)

    def claim(_: int) -> list[str]:
        together.wait()
        mine: list[str] = []
        while batch := store.transact(CONTEXT, claim_letters):
            mine += [parcel.notification_id for parcel, _ in batch]
        return mine

    with ThreadPoolExecutor(4) as threads:
        claimed = [identifier for mine in threads.map(claim, range(4)) for identifier in mine]
    assert len(claimed) == len(set(claimed)) == 500


def test_an_endpoint_that_one_courier_serves_is_not_taken_by_another(store: Store) -> None:
    """Not even while the claim is not yet committed."""
    wanted = NewWebhook("https://example.com/in")
    store.transact(
        CONTEXT,
        lambda work: register_webhook(work, OF_PROVIDER, wanted, (), lambda n: b"s" * n),
    )
    tell(store, *offers(300))
    together = threading.Barrier(3)

    def claim(_: int) -> int:
        together.wait()
        bundles = store.transact(CONTEXT, claim_posts)
        return sum(len(bundle.parcels) for bundle in bundles)

    with ThreadPoolExecutor(3) as threads:
        assert sorted(threads.map(claim, range(3))) == [0, 0, 200]


def test_the_same_event_in_two_batches_at_once_is_told_once(store: Store) -> None:
    """Whichever comes second finds it there."""
    same = offers(50)
    together = threading.Barrier(2)

    def hear(_: int) -> None:
        together.wait()
        tell(store, *same)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(hear, range(2)))
    assert len(rows_of(store, notifications)) == 50
    with store.read() as connection:
        assert len(entries_after(connection, 0, 1000)) == 50


def test_a_reader_that_follows_several_writers_skips_nothing(store: Store) -> None:
    """Numbers become visible in order, though transactions overlap and commit as they like."""
    writers, batches, size = 3, 15, 4
    done = threading.Event()
    seen: list[int] = []

    def write(_: int) -> None:
        for _batch in range(batches):
            batch = offers(size)
            store.transact(CONTEXT, lambda work, batch=batch: announce(work, batch, wording()))  # type: ignore[misc]

    def follow() -> None:
        while True:
            last_round = done.is_set()
            with store.read() as connection:
                rows = entries_after(connection, seen[-1] if seen else 0, 1000)
            seen.extend(row.sequence for row in rows)
            if last_round and not rows:
                return

    reader = threading.Thread(target=follow)
    reader.start()
    with ThreadPoolExecutor(writers) as threads:
        list(threads.map(write, range(writers)))
    done.set()
    reader.join()
    assert len(seen) == writers * batches * size


def test_older_snapshots_lose_against_newer_ones(store: Store) -> None:
    """The comparison is made by the database, in one statement."""
    known(store, snapshot(PROVIDER, version=3), snapshot(PROVIDER, version=2, name="old"))
    members = metadata.tables["members"]
    with store.read() as connection:
        assert connection.execute(select(members.c.version)).scalar_one() == 3


def test_two_first_choices_at_once_both_hold_in_turn(store: Store) -> None:
    """Neither fails because the other was first."""
    together = threading.Barrier(2)

    def choose(_: int) -> int:
        together.wait()
        return store.transact(CONTEXT, lambda work: set_preferences(work, OF_PROVIDER, {})).version

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(choose, range(2))) == [2, 3]
