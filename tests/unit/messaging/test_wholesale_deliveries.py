"""Deliveries taken off the wire by Muster itself: whole, in order, and nobody else's."""

from collections.abc import Iterator

import pika
import pytest
from pika import frame
from pika.adapters.select_connection import IOLoop
from pika.spec import Basic, BasicProperties

from muster.messaging.wholesale_deliveries import Arrival, WholesaleDeliveries

CHANNEL = 3
HEARTBEAT = frame.Heartbeat().marshal()


class _Wire:
    """A connection that never connects, and is given what the broker would have sent."""

    def __init__(self) -> None:
        self.taken: list[Arrival] = []
        self.loop = IOLoop()
        self.connection = WholesaleDeliveries(
            pika.ConnectionParameters(), custom_ioloop=self.loop, internal_connection_workflow=False
        )
        self.connection.hand_over(CHANNEL, self.taken.append)

    def bring(self, sent: bytes, piece: int) -> None:
        for start in range(0, len(sent), piece):
            self.connection._on_data_available(sent[start : start + piece])


@pytest.fixture
def wire() -> Iterator[_Wire]:
    """Yield a wire; its loop is closed afterwards."""
    made = _Wire()
    yield made
    made.loop.close()


def _delivery(tag: int, properties: BasicProperties, *parts: bytes) -> bytes:
    method = Basic.Deliver("ctag", tag, tag % 2 == 0, "matching.events", "request.submitted")
    head = frame.Header(CHANNEL, sum(map(len, parts)), properties)
    bodies = [frame.Body(CHANNEL, part) for part in parts]
    return b"".join(each.marshal() for each in (frame.Method(CHANNEL, method), head, *bodies))


MUSTERS = BasicProperties(
    content_type="application/cloudevents+json",
    delivery_mode=2,
    message_id="evt_1",
    type="muster.thing.happened.v1",
    correlation_id="cor_1",
    app_id="muster",
    headers={"x-attempt": 2, "x-reason": "store away"},
)
STRANGERS = BasicProperties(
    message_id="evt_2", priority=3, expiration="1000", reply_to="me", timestamp=1, user_id="guest"
)


@pytest.mark.parametrize("piece", [1, 7, 64, 100_000])
def test_deliveries_are_whole_and_in_order_however_the_wire_cuts_them(
    wire: _Wire, piece: int
) -> None:
    """Bodies of several frames, of none, and another's frames in between change nothing."""
    sent = (
        _delivery(1, MUSTERS, b"one")
        + HEARTBEAT
        + _delivery(2, STRANGERS, b"two, ", b"in two frames")
        + _delivery(3, BasicProperties())
        + HEARTBEAT
        + _delivery(4, MUSTERS, b"four")
    )

    wire.bring(sent, piece)

    assert [each.delivery_tag for each in wire.taken] == [1, 2, 3, 4]
    assert [each.redelivered for each in wire.taken] == [False, True, False, True]
    assert [each.body for each in wire.taken] == [b"one", b"two, in two frames", b"", b"four"]
    assert wire.connection.frames_received == 2, "pika got the heartbeats, and nothing else"
    assert wire.connection.bytes_received == len(sent)


def test_properties_are_read_as_pika_reads_them(wire: _Wire) -> None:
    """Those that Muster writes, those of a stranger, and none at all."""
    for tag, properties in enumerate((MUSTERS, STRANGERS, BasicProperties()), start=1):
        wire.bring(_delivery(tag, properties, b"{}"), 100_000)

        taken = wire.taken[-1]
        assert taken.message_id == (properties.message_id or "")
        assert taken.type == (properties.type or "")
        assert taken.correlation_id == (properties.correlation_id or "")
        assert (taken.headers or {}) == (properties.headers or {})


def test_what_was_begun_for_another_is_not_mixed_into_what_comes_next(wire: _Wire) -> None:
    """A channel's number is used again; half a delivery of its predecessor is forgotten."""
    half = _delivery(1, MUSTERS, b"never", b" finished")
    wire.bring(half[: len(half) - len(b" finished") - 8], 100_000)
    after: list[Arrival] = []

    wire.connection.hand_over(CHANNEL, after.append)
    wire.bring(_delivery(1, MUSTERS, b"new"), 100_000)

    assert [each.body for each in after] == [b"new"]
    assert wire.taken == []
