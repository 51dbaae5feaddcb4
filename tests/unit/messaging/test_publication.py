"""What a publish puts on the wire, byte for byte as pika would."""

import pytest
from pika import frame
from pika.spec import Basic, BasicProperties

from muster.messaging.envelope import CONTENT_TYPE
from muster.messaging.ports import OutboundMessage
from muster.messaging.publication import publication

CHANNEL = 7


@pytest.mark.parametrize(
    "message",
    [
        OutboundMessage("matching.events", "request.submitted", "evt_1", "a.b.v1", b"{}", "cor_1"),
        OutboundMessage("", "a.queue", "", "", b""),
        OutboundMessage("e", "k", "évt", "ü", b"x" * 25, "é", {"x-attempt": 2, "x-reason": "né"}),
    ],
    ids=["an event", "hardly anything", "headers, a long body, and letters of two bytes"],
)
def test_a_message_is_written_as_pika_writes_it(message: OutboundMessage) -> None:
    """pika's own objects are the measure."""
    properties = BasicProperties(
        content_type=CONTENT_TYPE,
        delivery_mode=2,
        message_id=message.message_id,
        type=message.type,
        correlation_id=message.correlation_id or None,
        app_id="muster",
        headers=dict(message.headers) or None,
    )
    method = Basic.Publish(
        exchange=message.exchange, routing_key=message.routing_key, mandatory=True
    )
    expected = [
        frame.Method(CHANNEL, method),
        frame.Header(CHANNEL, len(message.body), properties),
        *(
            frame.Body(CHANNEL, message.body[at : at + 10])
            for at in range(0, len(message.body), 10)
        ),
    ]

    assert publication(CHANNEL, message, 10) == b"".join(each.marshal() for each in expected)
