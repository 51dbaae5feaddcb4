"""A connection that takes deliveries off the wire itself, many at a time."""

import logging
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pika
from pika.data import decode_table
from pika.spec import FRAME_BODY, FRAME_END, FRAME_HEADER, FRAME_METHOD, BasicProperties

log = logging.getLogger("muster.messaging")

READ_BYTES = 64 * 1024  # at once; pika itself reads 4 KiB

_FRAME = struct.Struct(">BHL")  # type, channel, size of the payload; an end byte follows that
_DELIVER = b"\x00\x3c\x00\x3c"  # class 60, method 60
_TAG = struct.Struct(">QB")  # delivery tag, redelivered
_HEADER = struct.Struct(">HHQH")  # class, weight, size of the body, which properties follow

_CONTENT_TYPE, _HEADERS = BasicProperties.FLAG_CONTENT_TYPE, BasicProperties.FLAG_HEADERS
_DELIVERY_MODE = BasicProperties.FLAG_DELIVERY_MODE
_CORRELATION_ID = BasicProperties.FLAG_CORRELATION_ID
_MESSAGE_ID, _TYPE = BasicProperties.FLAG_MESSAGE_ID, BasicProperties.FLAG_TYPE
# What Muster's publisher never writes before the type; a stranger's message is read by pika.
_UNUSUAL = (
    BasicProperties.FLAG_CONTENT_ENCODING
    | BasicProperties.FLAG_PRIORITY
    | BasicProperties.FLAG_REPLY_TO
    | BasicProperties.FLAG_EXPIRATION
    | BasicProperties.FLAG_TIMESTAMP
    | 1  # more flags follow
)


@dataclass
class Arrival:
    """A delivery as it came: what a subscriber asks of method, properties and body."""

    delivery_tag: int
    redelivered: bool
    message_id: str = ""
    type: str = ""
    correlation_id: str = ""
    headers: Mapping[str, object] | None = None
    body: bytes = b""
    missing: int = 0  # bytes of the body that are still to come
    parts: list[bytes] = field(default_factory=list)


Taker = Callable[[Arrival], None]


class WholesaleDeliveries(pika.SelectConnection):  # type: ignore[misc]
    """Hands the deliveries of some channels to their takers, and every other frame to pika.

    pika makes eight objects of each delivery and copies what is left to read after each frame; for
    small messages that costs several times what reading them does.
    """

    _frame_buffer: bytes  # pika's: what has come of a frame that is not complete

    def __init__(self, *args: object, **options: object) -> None:
        self.takers: dict[int, Taker] = {}
        self._coming: dict[int, Arrival] = {}  # by channel, until its body is complete
        super().__init__(*args, **options)

    def hand_over(self, channel: int, taker: Taker) -> None:
        """Let this channel's deliveries go to the taker from now on, in the order they come."""
        self._coming.pop(channel, None)
        self.takers[channel] = taker

    def _proto_connection_made(self, transport: object) -> None:
        transport._MAX_RECV_BYTES = READ_BYTES  # type: ignore[attr-defined]  # noqa: SLF001
        super()._proto_connection_made(transport)

    def _on_data_available(self, data_in: bytes) -> None:
        if not (self.takers or self._coming):
            super()._on_data_available(data_in)
            return
        read = self._frame_buffer + data_in
        self._frame_buffer = b""
        start, own, length = 0, 0, len(read)
        while start + _FRAME.size <= length:
            kind, channel, size = _FRAME.unpack_from(read, start)
            at, end = start + _FRAME.size, start + _FRAME.size + size
            if end >= length:
                break
            if read[end] == FRAME_END and self._is_mine(kind, channel, read, at, end):
                own += end + 1 - start
            else:
                super()._on_data_available(read[start : end + 1])
            start = end + 1
        self._frame_buffer += read[start:]
        self.bytes_received += own  # its heartbeats are about that

    def _is_mine(self, kind: int, channel: int, read: bytes, at: int, end: int) -> bool:
        """Take in a frame if it is part of a delivery to a taker; tell whether it was."""
        if kind == FRAME_METHOD:
            if channel not in self.takers or read[at : at + 4] != _DELIVER:
                return False
            after_consumer_tag = at + 5 + read[at + 4]
            tag, redelivered = _TAG.unpack_from(read, after_consumer_tag)
            self._coming[channel] = Arrival(tag, bool(redelivered & 1))
            return True
        arrival = self._coming.get(channel)
        if arrival is None:
            return False
        if kind == FRAME_HEADER:
            _read_header(arrival, read, at)
        elif kind == FRAME_BODY:
            arrival.missing -= end - at
            arrival.parts.append(read[at:end])
        else:
            return False
        if arrival.missing <= 0:
            del self._coming[channel]
            arrival.body = b"".join(arrival.parts)
            if taker := self.takers.get(channel):
                taker(arrival)
        return True


class DeliveringConnection(pika.BlockingConnection):  # type: ignore[misc]
    """pika's blocking connection, for many deliveries."""

    def __init__(self, nodes: list[pika.ConnectionParameters]) -> None:
        super().__init__(nodes, _impl_class=WholesaleDeliveries)

    def hand_over(self, channel: int, taker: Taker) -> None:
        """Let this channel's deliveries go to the taker, which is called while data is read."""
        self._impl.hand_over(channel, taker)

    def take_back(self, channel: int, taker: Taker) -> None:
        """Hand nothing over any more, unless the number is another's by now."""
        if self._impl.takers.get(channel) == taker:
            del self._impl.takers[channel]


def _read_header(arrival: Arrival, read: bytes, at: int) -> None:
    _class, _weight, arrival.missing, flags = _HEADER.unpack_from(read, at)
    try:
        _read_properties(arrival, read, at + _HEADER.size, flags)
    except Exception as error:  # pika's many ways not to understand what a stranger wrote
        # The delivery comes none the less: somebody has to put it aside, and the body may do.
        log.warning("properties of a message cannot be read", extra={"reason": repr(error)})


def _read_properties(arrival: Arrival, read: bytes, at: int, flags: int) -> None:
    if flags & _UNUSUAL:
        properties = BasicProperties().decode(read, at - 2)
        arrival.headers = properties.headers
        arrival.correlation_id = _text(properties.correlation_id)
        arrival.message_id = _text(properties.message_id)
        arrival.type = _text(properties.type)
        return
    if flags & _CONTENT_TYPE:
        at += 1 + read[at]
    if flags & _HEADERS:
        arrival.headers, at = decode_table(read, at)
    if flags & _DELIVERY_MODE:
        at += 1
    if flags & _CORRELATION_ID:
        arrival.correlation_id, at = _short_string(read, at)
    if flags & _MESSAGE_ID:
        arrival.message_id, at = _short_string(read, at)
    if flags & _TYPE:
        arrival.type, at = _short_string(read, at)


def _short_string(read: bytes, at: int) -> tuple[str, int]:
    start, end = at + 1, at + 1 + read[at]
    return _text(read[start:end]), end


def _text(value: str | bytes | None) -> str:
    """Return what can be read of it; never longer, or it could not be sent on."""
    return value.decode(errors="ignore") if isinstance(value, bytes) else value or ""
