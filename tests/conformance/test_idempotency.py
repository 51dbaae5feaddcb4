"""Idempotency keys keep their promise on SQLite and on PostgreSQL."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from muster.clock import RandomIds, SystemClock
from muster.context import Context
from muster.contracts.vocabulary.lifecycle import Actor
from muster.storage.engine import open_engine
from muster.storage.store import Store
from muster.storage.unit_of_work import UnitOfWork
from muster.web.idempotency import Answer, Claim, IdempotencyKeys
from tests.http_client import client_of
from tests.unit.web.answers import PARCEL, PARCELS
from tests.unit.web.sample import SERVICE, Sample, metadata

TWINS = 12
CONTEXT = Context(actor=Actor("somebody"), correlation_id="cor_1")
CLAIM = Claim("cli_1", "k1", "fingerprint")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each kind in turn."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/parcels.db"
    else:
        url = request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    with engine.begin() as connection:
        metadata.create_all(connection)
    yield Store(SERVICE, engine, metadata, SystemClock(), RandomIds())
    engine.dispose()


def test_racing_twins_have_one_effect_and_one_answer(store: Store) -> None:
    """All send the same request at once; one does the work, the others get its answer."""
    sample = Sample(store)
    headers = sample.token() | {"Idempotency-Key": "k1"}
    with client_of(sample.app) as client, ThreadPoolExecutor(TWINS) as pool:
        twins = [
            pool.submit(client.post, PARCELS, json=PARCEL, headers=headers) for _ in range(TWINS)
        ]
        answers = [twin.result() for twin in twins]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert sample.count() == 1


def test_a_twin_takes_over_when_the_first_one_fails(store: Store) -> None:
    """The first holds the key and rolls back; the twin, sent meanwhile, does the work."""
    keys = IdempotencyKeys(store)
    begun, followed = threading.Event(), threading.Event()
    done: list[str] = []

    def fail() -> Answer:
        begun.set()
        assert followed.wait(10)
        raise RuntimeError("the first one fails")

    def succeed() -> Answer:
        done.append("twin")
        return Answer(201, b"{}")

    def first() -> None:
        def command(work: UnitOfWork) -> Answer:
            return keys.run_once(work, CLAIM, fail, replayable=True)

        with pytest.raises(RuntimeError, match="first one fails"):
            store.transact(CONTEXT, command)

    thread = threading.Thread(target=first)
    thread.start()
    assert begun.wait(10)
    followed.set()
    answer = store.transact(
        CONTEXT, lambda work: keys.run_once(work, CLAIM, succeed, replayable=True)
    )
    thread.join()
    assert answer == Answer(201, b"{}")
    assert done == ["twin"]


def test_a_safeguard_switched_off_shows(store: Store) -> None:
    """Without a key the same requests have as many effects: it is the key that protects."""
    sample = Sample(store)
    with client_of(sample.app) as client, ThreadPoolExecutor(TWINS) as pool:
        list(
            pool.map(
                lambda _: client.post(PARCELS, json=PARCEL, headers=sample.token()), range(TWINS)
            )
        )
    assert sample.count() == TWINS
