"""Matching keeps its invariant when several do the same at once, on both stores."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select

from muster.clock import RandomIds, SimulatedClock
from muster.contracts.vocabulary.errors import Conflict
from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.contracts.vocabulary.statuses import OfferStatus, RequestStatus
from muster.storage.engine import open_engine
from muster.storage.store import Store
from services.matching import tables, track_records
from services.matching.domain.offer import Offer
from services.matching.domain.request import Request
from services.matching.tables import metadata
from services.matching.track_records import Tally
from tests.events import SOMEBODY
from tests.stores import START
from tests.unit.matching.builders import (
    Room,
    asking,
    capability_changed,
    guards_needed,
    provider_changed,
)

TEAMS = ("alpha", "beta", "gamma")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    """Return matching over each kind of store in turn: three teams of ten guards."""
    url = (
        f"sqlite:///{tmp_path}/matching.db"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    engine = open_engine(url)
    with engine.begin() as connection:
        metadata.create_all(connection)
    yield Room(
        *(provider_changed(name) for name in TEAMS),
        *(capability_changed(name) for name in TEAMS),
        engine=engine,
        ids=RandomIds(),
    )
    engine.dispose()


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Do all of these at the same moment; return what each returned or raised."""
    ready = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        ready.wait()
        try:
            return act()
        except Conflict as refused:
            return refused

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_requests_sourced_at_once_never_overbook(room: Room) -> None:
    """Twelve times seven guards are asked of thirty, by twelve workers at the same time."""
    requests = [room.submit(asking(guards_needed(7))) for _ in range(12)]

    at_once(*(partial(room.source, request) for request in requests))

    assert room.overbooked() == []
    assert room.taken() == 30
    for name in TEAMS:
        assert room.taken(name) == 10


def test_one_request_sourced_twice_at_once_is_filled_once(room: Room) -> None:
    """A repeat on another worker comes second, and finds nothing to do."""
    request = room.submit(asking(guards_needed(7)))

    at_once(*(partial(room.source, request) for _ in range(6)))

    assert sum(offer.quantity for offer in room.offers(request)) == 7


def test_of_two_answers_at_once_one_counts(room: Room) -> None:
    """The other is told the state it met."""
    for _ in range(5):
        offer = room.the_offer(room.sourced(asking(guards_needed(2))))
        answers = at_once(partial(room.accept, offer), partial(room.decline, offer))

        assert sum(isinstance(answer, Offer) for answer in answers) == 1
        assert sum(isinstance(answer, Conflict) for answer in answers) == 1
        assert room.offer(offer.offer_id).status in (OfferStatus.ACCEPTED, OfferStatus.DECLINED)


def test_the_last_acceptances_at_once_propose_exactly_once(room: Room) -> None:
    """Neither misses the other."""
    request = room.sourced(asking(guards_needed(30)))
    offers = room.offers(request)
    assert len(offers) == 3

    at_once(*(partial(room.accept, offer) for offer in offers))

    assert room.request(request).status is RequestStatus.PROPOSED
    assert room.words(request).count("proposed") == 1
    assert len(room.request(request).assignments) == 3


def test_cancelling_while_it_is_accepted_leaves_nothing_held(room: Room) -> None:
    """Whichever comes first."""
    for _ in range(5):
        request: Request = room.sourced(asking(guards_needed(30), auto_approve=True))
        offers = room.offers(request)

        at_once(
            partial(room.cancel, request),
            *(partial(room.accept, offer) for offer in offers),
        )

        assert room.request(request).status is RequestStatus.CANCELLED
        assert room.taken() == 0


def test_the_registry_speaks_while_requests_are_sourced(room: Room) -> None:
    """A capacity that falls meanwhile is either seen or not; nothing breaks, nothing is lost."""
    requests = [room.submit(asking(guards_needed(3))) for _ in range(6)]
    said = [capability_changed(name, capacity=8, version=2) for name in TEAMS]

    at_once(
        partial(room.hear_registry, *said),
        *(partial(room.source, request) for request in requests),
        partial(room.hear_registry, *reversed(said)),
    )

    assert room.overbooked() == []
    assert sum(len(room.offers(request)) > 0 for request in requests) == 6


@pytest.mark.postgres
def test_a_providers_record_keeps_nobody_waiting(postgres_url: str) -> None:
    """A batch that counts for a provider lets others count for it before it has come to its end."""
    engine = open_engine(postgres_url)
    with engine.begin() as connection:
        metadata.create_all(connection)
    store = Store("matching", engine, metadata, SimulatedClock(START), RandomIds())
    provider = OrganisationId("alpha")

    with store.begin(SOMEBODY) as batch:
        track_records.count(batch, Tally(provider, completed=1), Tally(provider, completed=1))
        with store.begin(SOMEBODY) as answer:
            answer.connection.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
            track_records.count(answer, Tally(provider, accepted=1, given=0.5))

    with store.read() as connection:
        row = connection.execute(select(tables.track_records)).mappings().one()
    assert (row["accepted"], row["completed"], row["given"]) == (1, 2, 0.5)
    engine.dispose()
