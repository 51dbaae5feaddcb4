"""Deliveries taken off the wire by Muster itself: whole, in order, and nobody else's."""

import math
import struct
from collections.abc import Iterator

import pika
import pytest
from pika import frame
from pika.adapters.select_connection import IOLoop
from pika.spec import Basic, BasicProperties

from muster.messaging.headers import own_headers
from muster.messaging.outbound import can_be_sent
from muster.messaging.ports import OutboundMessage
from muster.messaging.publication import publication
from muster.messaging.wholesale_deliveries import Arrival, WholesaleDeliveries

CHANNEL = 3
GARBLED = "z" * 255  # stands for what is not UTF-8
NO_NUMBER = 2**40  # stands for what is a number to nobody
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


@pytest.mark.parametrize(
    "properties",
    [
        BasicProperties(message_id=GARBLED, type=GARBLED, correlation_id=GARBLED),
        BasicProperties(message_id=GARBLED, type=GARBLED, correlation_id=GARBLED, priority=3),
        BasicProperties(headers={GARBLED[:128]: 1, "x-attempt": 2}),
        BasicProperties(headers={"weight": NO_NUMBER}),
        BasicProperties(headers={"weight": NO_NUMBER}, priority=3),
    ],
)
def test_what_nobody_can_read_is_delivered_and_can_be_put_aside(
    wire: _Wire, properties: BasicProperties
) -> None:
    """Whoever wrote it must neither end the worker that takes it nor keep it busy for good."""
    sent = _delivery(1, properties, b"no event")
    sent = sent.replace(GARBLED[:128].encode(), b"\xfe" * 128)
    sent = sent.replace(b"l" + struct.pack(">q", NO_NUMBER), b"d" + struct.pack(">d", math.nan))

    wire.bring(sent, 100_000)

    assert [each.body for each in wire.taken] == [b"no event"]
    taken = wire.taken[0]
    letter = OutboundMessage(
        exchange="registry.dlx",
        routing_key="registry.restorations",
        message_id=taken.message_id,
        type=taken.type,
        body=taken.body,
        correlation_id=taken.correlation_id,
        headers=own_headers(taken.headers),
    )
    assert can_be_sent(letter)
    assert publication(1, letter, 1_000)


def test_what_was_begun_for_another_is_not_mixed_into_what_comes_next(wire: _Wire) -> None:
    """A channel's number is used again; half a delivery of its predecessor is forgotten."""
    half = _delivery(1, MUSTERS, b"never", b" finished")
    wire.bring(half[: len(half) - len(b" finished") - 8], 100_000)
    after: list[Arrival] = []

    wire.connection.hand_over(CHANNEL, after.append)
    wire.bring(_delivery(1, MUSTERS, b"new"), 100_000)

    assert [each.body for each in after] == [b"new"]
    assert wire.taken == []
