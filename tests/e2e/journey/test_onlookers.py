"""What those see who watch the journey, and what those do not see whom it is nothing to."""

import json
import threading

import httpx
import pytest

from muster.contracts.registry import CapabilityChanged
from muster.messaging.ports import OutboundMessage, Outcome
from muster.messaging.publisher import RabbitPublisher
from muster.messaging.shared_connection import RabbitConnection
from muster.messaging.topology import events_exchange
from tests.e2e.actors import NEEDS, Json, a_request
from tests.e2e.journey.cast import Cast, offers
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker]


def test_the_live_stream_tells_an_enterprise_what_happens(cast: Cast) -> None:
    """Without polling; and nothing of anybody else's."""
    heard: list[Json] = []
    listening = threading.Event()

    def listen() -> None:
        with cast.enterprise.stream() as response:
            listening.set()
            for line in response.iter_lines():
                if line.startswith("data:"):
                    heard.append(json.loads(line.removeprefix("data:")))
                if any(e["event_type"] == "muster.matching.request.cancelled.v1" for e in heard):
                    return

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    assert listening.wait(10)

    request = cast.enterprise.post("/v1/requests", a_request(400, needs=[NEEDS[0]]))
    cast.enterprise.post(f"/v1/requests/{request['request_id']}/cancel", {"reason": "heard enough"})

    thread.join(20)
    assert not thread.is_alive()
    assert request["request_id"] in {entry["subject"] for entry in heard}


def test_strangers_see_nothing(cast: Cast) -> None:
    """Another member's request, offer or job does not exist, as far as they can tell."""
    request = cast.enterprise.post("/v1/requests", a_request(500, needs=[NEEDS[1]]))
    offer = eventually(lambda: offers(cast.operator, request, "sent"), within_s=30)[0]
    asked, stranger = cast.provider, cast.rival
    if offer["provider_id"] == cast.rival.organisation_id:
        asked, stranger = stranger, asked

    asked.get(f"/v1/offers/{offer['offer_id']}")
    stranger.get(f"/v1/offers/{offer['offer_id']}", status=404)
    stranger.post(f"/v1/offers/{offer['offer_id']}/accept", {}, status=404)
    cast.provider.get(f"/v1/requests/{request['request_id']}", status=403)


def test_a_message_nobody_can_read_is_kept_with_its_reason_and_counted(cast: Cast) -> None:
    """It ends in the dead-letter queue, its neighbours go on, and operators can see the count."""
    run = json.loads((cast.mailbox_of.directory / "run.json").read_text())
    rubbish = OutboundMessage(
        exchange=events_exchange("registry"),
        routing_key=CapabilityChanged.routing_key(),
        message_id="evt_rubbish",
        type=CapabilityChanged.event_type,
        body=b"{rubbish",
    )
    publisher = RabbitPublisher(run["amqp_url"])
    assert publisher.publish([rubbish]) == [Outcome.CONFIRMED]
    publisher.close()

    connection = RabbitConnection(run["amqp_url"])
    dead_letters = connection.subscriber("matching.registry.dlq", 10)
    (letter,) = eventually(lambda: dead_letters.poll(10), within_s=30)
    assert letter.message_id == "evt_rubbish"
    assert "not a valid event" in str(letter.headers["x-reason"])
    dead_letters.release([letter])
    connection.close()
    worker = next(p["metrics"] for p in run["processes"] if p["name"] == "worker")
    counted = 'outcome="dead_lettered",service="matching",subscription="registry"} 1.0'
    assert counted in httpx.get(worker, timeout=10).text
