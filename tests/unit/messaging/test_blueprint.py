"""What a topology asks of the broker."""

import pytest

from muster.messaging.blueprint import Exchange, Queue, exchanges, queues
from muster.messaging.topology import Subscription, Topology
from tests.unit.messaging.builders import ALARM, HOUSE


def queue(name: str) -> Queue:
    """Return the one queue of this name."""
    return next(q for q in queues(HOUSE) if q.name == name)


def test_every_exchange_is_there_once() -> None:
    """The owner's events, the service's dead letters, and one for each delay."""
    assert exchanges(HOUSE) == [
        Exchange("house.events", "topic"),
        Exchange("guard.dlx", "direct"),
        Exchange("guard.return", "direct"),
        Exchange("guard.retry.5s", "fanout"),
        Exchange("guard.retry.30s", "fanout"),
        Exchange("guard.retry.300s", "fanout"),
    ]


def test_an_exchange_that_is_only_heard_is_there_too() -> None:
    """A queue cannot be bound to an exchange that its owner has not declared yet."""
    unowned = Topology(HOUSE.subscriptions, owners=())

    assert exchanges(unowned) == exchanges(HOUSE)


def test_every_subscription_has_a_work_queue_and_a_dead_letter_queue() -> None:
    """And every service one retry queue for each delay."""
    names = {q.name for q in queues(HOUSE)}

    assert names == {
        "guard.alarm",
        "guard.alarm.dlq",
        "guard.diary",
        "guard.diary.dlq",
        "guard.retry.5s",
        "guard.retry.30s",
        "guard.retry.300s",
    }


def test_a_work_queue_gives_up_safely() -> None:
    """After its delivery limit the broker itself moves a message on, at least once."""
    work = queue(ALARM.queue)

    assert work.arguments == {
        "x-queue-type": "quorum",
        "x-delivery-limit": 50,
        "x-dead-letter-exchange": "guard.dlx",
        "x-dead-letter-routing-key": "guard.alarm",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    assert work.bindings == (
        ("house.events", "house.door.opened.v1"),
        ("guard.return", "guard.alarm"),
    )


def test_a_retry_queue_sends_back_to_the_queue_named_by_the_routing_key() -> None:
    """No routing key of its own: one queue serves all subscriptions.

    By an exchange of the service's own: the default one reaches every queue of everybody.
    """
    held = queue("guard.retry.30s")

    assert held.arguments["x-message-ttl"] == 30_000
    assert held.arguments["x-dead-letter-exchange"] == "guard.return"
    assert "x-dead-letter-routing-key" not in held.arguments
    assert held.arguments["x-dead-letter-strategy"] == "at-least-once"
    assert held.arguments["x-overflow"] == "reject-publish"


def test_every_way_out_of_a_queue_is_at_least_once() -> None:
    """Without reject-publish the broker would silently fall back to at most once."""
    leaving = [q for q in queues(HOUSE) if "x-dead-letter-exchange" in q.arguments]

    assert len(leaving) == 5
    assert all(q.arguments["x-dead-letter-strategy"] == "at-least-once" for q in leaving)
    assert all(q.arguments["x-overflow"] == "reject-publish" for q in leaving)


@pytest.mark.parametrize("name", ["events", "dlx", "return", "retry.5s"])
def test_no_queue_has_the_name_of_an_exchange(name: str) -> None:
    """Rights are given by name: whoever may hear the one might read the other."""
    with pytest.raises(ValueError, match="is the name of an exchange"):
        Subscription("guard", name, ALARM.events)


def test_every_delivery_limit_is_positive() -> None:
    """RabbitMQ 3.10 reads -1 as: dead-letter on the first return."""
    limits = [q.arguments.get("x-delivery-limit", 1) for q in queues(HOUSE)]

    assert all(isinstance(limit, int) and limit > 0 for limit in limits)
    assert all(q.arguments["x-queue-type"] == "quorum" for q in queues(HOUSE))
