"""The live stream, through a real uvicorn on loopback."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
import uvicorn

from muster.access import Caller
from muster.clock import SimulatedClock
from muster.storage.store import Store
from services.notify.settings import NotifySettings
from services.notify.tables import stream_entries
from services.notify.use_cases.prune_stream import prune_stream
from tests.unit.notify.builders import (
    CONTEXT,
    every_event,
    offer_sent,
    request_confirmed,
    rows_of,
    tell,
)
from tests.unit.notify.desk import OF_ENTERPRISE, OF_PROVIDER, OF_STRANGER, OPERATOR, Desk
from tests.waiting import eventually


@dataclass(frozen=True)
class Heard:
    """One server-sent event."""

    id: int
    event: str
    data: dict[str, Any]


class Ear:
    """A client of the stream; its frames come one by one."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.iter_lines()
        self.last_event_id = -1

    def frame(self) -> dict[str, str]:
        """Return the next frame that is not a heartbeat."""
        fields: dict[str, str] = {}
        for line in self._lines:
            name, _, value = line.partition(":")
            if name:
                fields[name] = value.removeprefix(" ")
            elif not line and fields:
                self.last_event_id = int(fields.get("id", self.last_event_id))
                return fields
        raise EOFError

    def hear(self, how_many: int) -> list[Heard]:
        """Return the next events."""
        frames = [self.frame() for _ in range(how_many)]
        return [Heard(int(it["id"]), it["event"], json.loads(it["data"])) for it in frames]


class House(Desk):
    """The application behind a real server."""

    base = ""

    @contextmanager
    def listen(self, caller: Caller, last_event_id: int | None = None) -> Iterator[Ear]:
        """Connect, and wait until the server has said that it is live."""
        headers = self.token(caller)
        if last_event_id is not None:
            headers["Last-Event-ID"] = str(last_event_id)
        with (
            httpx.Client(base_url=self.base, timeout=10) as client,
            client.stream("GET", "/v1/stream", headers=headers) as response,
        ):
            assert response.status_code == 200, response.read()
            assert response.headers["content-type"].startswith("text/event-stream")
            ear = Ear(response)
            ear.frame()
            yield ear


@contextmanager
def served(house: House) -> Iterator[House]:
    """Run the application under uvicorn on a free port."""
    listening = socket.create_server(("127.0.0.1", 0))
    house.base = f"http://127.0.0.1:{listening.getsockname()[1]}"
    server = uvicorn.Server(
        uvicorn.Config(house.app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        eventually(lambda: server.started)
        yield house
    finally:
        house.app.state.wiring.stopping.set()
        server.should_exit = True
        thread.join()
        listening.close()


@pytest.fixture
def house(shared_store: Store) -> Iterator[House]:
    """A running server."""
    with served(House(shared_store)) as running:
        yield running


def test_each_listener_hears_what_its_role_may_see_as_it_happens(
    house: House, shared_store: Store
) -> None:
    """Operators everything once, a provider nothing of the principal, a stranger nothing."""
    with (
        house.listen(OPERATOR) as operator,
        house.listen(OF_PROVIDER) as provider,
        house.listen(OF_ENTERPRISE) as enterprise,
        house.listen(OF_STRANGER) as stranger,
    ):
        tell(shared_store, request_confirmed(), offer_sent())
        assert [it.event for it in operator.hear(2)] == [
            "muster.matching.request.confirmed.v1",
            "muster.matching.offer.sent.v1",
        ]
        [heard] = provider.hear(1)
        assert heard.event == heard.data["event_type"] == "muster.matching.offer.sent.v1"
        assert heard.data["event"]["offer_id"] == heard.data["subject"]
        assert len(enterprise.hear(2)) == 2
        tell(shared_store, offer_sent(provider_id=OF_STRANGER.organisation_id))
        assert [it.id for it in stranger.hear(1)] == [3]
        assert [it.id for it in operator.hear(1)] == [3]


def test_after_a_break_what_was_missed_comes_first_and_once(
    house: House, shared_store: Store
) -> None:
    """From the id of the last event the client got."""
    with house.listen(OF_PROVIDER) as ear:
        tell(shared_store, offer_sent())
        ear.hear(1)
        last = ear.last_event_id
    tell(shared_store, *every_event().values())
    with house.listen(OF_PROVIDER, last) as again:
        tell(shared_store, offer_sent(quantity=99))
        expected = [
            row
            for row in rows_of(shared_store, stream_entries)
            if row.provider_id == OF_PROVIDER.organisation_id and row.sequence > last
        ]
        heard = again.hear(len(expected))
    assert [it.id for it in heard] == [row.sequence for row in expected]
    assert heard[-1].data["event"]["quantity"] == 99


def test_a_client_that_saw_no_event_can_come_back_without_a_gap(
    house: House, shared_store: Store
) -> None:
    """The first frame tells the position."""
    tell(shared_store, offer_sent())
    with house.listen(OF_PROVIDER) as ear:
        position = ear.last_event_id
    tell(shared_store, offer_sent())
    with house.listen(OF_PROVIDER, position) as again:
        assert [it.id for it in again.hear(1)] == [2]


def test_nothing_is_lost_between_replay_and_live(house: House, shared_store: Store) -> None:
    """While events keep coming, a client that catches up gets each exactly once, in order."""
    tell(shared_store, *(offer_sent() for _ in range(700)))
    writer = threading.Thread(
        target=lambda: [tell(shared_store, offer_sent(), offer_sent()) for _ in range(50)]
    )
    writer.start()
    with house.listen(OF_PROVIDER, 0) as ear:
        heard = [it.id for it in ear.hear(800)]
    writer.join()
    assert heard == list(range(1, 801))


def test_many_listeners_share_one_reader(house: House, shared_store: Store) -> None:
    """And each gets everything."""
    with (
        house.listen(OPERATOR) as first,
        house.listen(OPERATOR) as second,
        house.listen(OPERATOR) as third,
    ):
        tell(shared_store, *(offer_sent() for _ in range(20)))
        assert [it.id for it in first.hear(20)] == list(range(1, 21))
        assert [it.id for it in second.hear(20)] == [it.id for it in third.hear(20)]


def test_a_stream_ends_when_its_time_is_up(shared_store: Store) -> None:
    """So that a client has to come back with a token that is still good."""
    house = House(shared_store, NotifySettings(stream_max_seconds=0.2))
    with served(house), house.listen(OF_PROVIDER) as ear, pytest.raises(EOFError):
        ear.frame()


def test_streams_end_when_the_process_stops(house: House) -> None:
    """An open stream does not hold up a stop."""
    with house.listen(OF_PROVIDER) as ear:
        house.app.state.wiring.stopping.set()
        with pytest.raises(EOFError):
            ear.frame()


@pytest.mark.parametrize("wrong", ["-1", "abc", "99999999999999999999"])
def test_an_odd_last_event_id_is_refused(house: House, wrong: str) -> None:
    """With a problem document."""
    headers = {**house.token(OF_PROVIDER), "Last-Event-ID": wrong}
    answer = httpx.get(f"{house.base}/v1/stream", headers=headers)
    assert answer.status_code == 422


def test_old_entries_are_forgotten_and_their_numbers_never_used_again(
    shared_store: Store, clock: SimulatedClock
) -> None:
    """A client that comes back with an old id must not miss what is new."""
    tell(shared_store, offer_sent(), offer_sent())
    clock.advance(timedelta(days=8))
    before = clock.now() - timedelta(days=7)
    shared_store.transact(CONTEXT, lambda work: prune_stream(work, before))
    assert rows_of(shared_store, stream_entries) == []
    tell(shared_store, offer_sent())
    assert [row.sequence for row in rows_of(shared_store, stream_entries)] == [3]
