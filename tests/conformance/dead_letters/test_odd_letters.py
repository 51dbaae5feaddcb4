"""Dead letters that no worker of Muster wrote, or that nobody listens for any more."""

import json

import pytest

from muster.messaging.blueprint import DELIVERY_LIMIT
from muster.messaging.declare import declare
from muster.messaging.ports import OutboundMessage, Outcome
from muster.messaging.topology import Subscription, Topology, events_exchange
from tests.conformance.dead_letters.world import Muster, World
from tests.waiting import eventually

pytestmark = pytest.mark.broker


def test_a_letter_that_the_broker_gave_up_says_so(world: World, muster: Muster) -> None:
    """A message that ends every worker that takes it has nobody to write a reason; it can be
    replayed like any other."""
    world.publish(1)

    def died() -> bool:
        world.subscriber.release(world.subscriber.poll(1))
        return world.letters() == ["evt_1"]

    eventually(died, within_s=30, every_s=0.005)

    _, listed, _ = muster("list")
    (letter,) = json.loads(muster("show", "evt_1", "--json")[1])

    assert f"RabbitMQ gave it up: it came back unsettled {DELIVERY_LIMIT + 1} times" in listed
    assert f"{DELIVERY_LIMIT + 1} attempts" in listed
    assert (letter["given_up_by"], letter["subscription"]) == ("rabbitmq", "registry")
    assert [death["reason"] for death in letter["deaths"]] == ["delivery_limit"]
    assert letter["died_at"] is not None
    assert muster("replay", "evt_1")[0] == 0
    world.work(lambda: world.effects() == 1)


def test_a_message_without_an_id_and_full_of_tricks_can_be_handled(
    world: World, muster: Muster
) -> None:
    """It is called by a digest of its body, and no terminal obeys what it holds."""
    stray = OutboundMessage(
        events_exchange("registry"),
        "registry.capability.changed.v1",
        message_id="",
        type="\x1b[2Jspoof",
        body=b"\x1b]0;rubbish\xff",
    )
    world.publisher.publish([stray])
    world.work(lambda: world.letters() == [""])

    (letter,) = json.loads(muster("list", "--json")[1])["letters"]
    code, shown, _ = muster("show", letter["message_id"])

    assert letter["message_id"].startswith("body-")
    assert code == 0
    assert "\x1b" not in shown
    assert muster("discard", letter["message_id"], "--reason", "rubbish", "--yes")[0] == 0
    assert world.letters() == []


def test_letters_of_a_subscription_that_was_given_up_can_still_be_seen(
    world: World, muster: Muster
) -> None:
    """They are put back nowhere, for nobody listens; they can be discarded."""
    former = Subscription("matching", "former", ())
    declare(world.amqp_url, Topology((former,), owners=()))
    letter = OutboundMessage("matching.dlx", former.queue, "evt_1", "old", b"{}")
    assert world.publisher.publish([letter]) == [Outcome.CONFIRMED]
    channel = world.connection.channel()
    channel.queue_delete(former.queue)

    try:
        code, said, _ = muster("replay", "evt_1", "--queue", former.queue, "--even-if-old")
        assert (code, "NOT put back: its work queue is not there" in said) == (1, True)
        where = ("--queue", former.dead_letter_queue)
        assert muster("discard", "evt_1", "--reason", "given up", "--yes", *where)[0] == 0
    finally:
        channel.queue_delete(former.dead_letter_queue)
