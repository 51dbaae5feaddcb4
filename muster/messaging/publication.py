"""A message as the bytes that publish it: method, properties and body in one piece."""

import struct
from functools import lru_cache

from pika.data import encode_table
from pika.spec import FRAME_BODY, FRAME_END, FRAME_HEADER, FRAME_METHOD, BasicProperties

from muster.messaging.envelope import CONTENT_TYPE
from muster.messaging.ports import OutboundMessage

_FRAME = struct.Struct(">BHL")  # type, channel, size of the payload
_END = bytes([FRAME_END])
_BASIC, _PUBLISH = 60, 40
_METHOD = struct.pack(">HHH", _BASIC, _PUBLISH, 0)
_MANDATORY = b"\1"
_HEADER = struct.Struct(">BHLHHQH")  # a frame, class, weight, size of the body, which properties
_PERSISTENT = b"\2"
_ALWAYS = (
    BasicProperties.FLAG_CONTENT_TYPE
    | BasicProperties.FLAG_DELIVERY_MODE
    | BasicProperties.FLAG_MESSAGE_ID
    | BasicProperties.FLAG_TYPE
    | BasicProperties.FLAG_APP_ID
)


def publication(channel: int, message: OutboundMessage, longest_body: int) -> bytes:
    """Return the frames that publish a message, persistent and mandatory.

    All its names have to fit (see `can_be_sent`); a body frame holds at most `longest_body` bytes.
    It says what pika would, at a quarter of the cost: most of a method is the same every time.
    """
    flags, properties = _ALWAYS, [_of_content_type]
    if message.headers:
        flags |= BasicProperties.FLAG_HEADERS
        encode_table(properties, dict(message.headers))
    properties.append(_PERSISTENT)
    if message.correlation_id:
        flags |= BasicProperties.FLAG_CORRELATION_ID
        properties.append(_short(message.correlation_id))
    properties += (_short(message.message_id), _short(message.type), _of_muster)
    tail, body = b"".join(properties), message.body
    size = _HEADER.size - _FRAME.size + len(tail)
    return b"".join(
        (
            _method(channel, message.exchange, message.routing_key),
            _HEADER.pack(FRAME_HEADER, channel, size, _BASIC, 0, len(body), flags),
            tail,
            _END,
            *(
                part
                for start in range(0, len(body), longest_body)
                for part in _body(channel, body[start : start + longest_body])
            ),
        )
    )


def _body(channel: int, part: bytes) -> tuple[bytes, bytes, bytes]:
    return _FRAME.pack(FRAME_BODY, channel, len(part)), part, _END


@lru_cache(maxsize=256)
def _method(channel: int, exchange: str, routing_key: str) -> bytes:
    payload = _METHOD + _short(exchange) + _short(routing_key) + _MANDATORY
    return _FRAME.pack(FRAME_METHOD, channel, len(payload)) + payload + _END


def _short(name: str) -> bytes:
    encoded = name.encode()
    return bytes((len(encoded),)) + encoded


_of_content_type, _of_muster = _short(CONTENT_TYPE), _short("muster")
