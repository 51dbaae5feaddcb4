"""What every broker promises of what is published."""

from muster.messaging.ports import Outcome
from tests.conformance.broker.emptiness import nothing_left
from tests.conformance.brokers import BrokerUnderTest, ids, received


def test_what_is_published_comes_in_order_and_complete(broker: BrokerUnderTest) -> None:
    """Order holds from one publisher to one subscriber, and every field arrives."""
    names = broker.names
    messages = [names.message(n, headers={"x-note": "a", "x-count": n}) for n in range(50)]

    outcomes = broker.publisher().publish(messages)
    deliveries = received(broker.subscriber(names.second.queue), 50)

    assert outcomes == [Outcome.CONFIRMED] * 50
    assert ids(deliveries) == [message.message_id for message in messages]
    assert [d.body for d in deliveries] == [message.body for message in messages]
    assert [d.headers for d in deliveries] == [message.headers for message in messages]
    assert {d.type for d in deliveries} == {messages[0].type}
    assert [d.correlation_id for d in deliveries] == [m.correlation_id for m in messages]
    assert {(d.queue, d.attempt, d.redelivered) for d in deliveries} == {
        (names.second.queue, 0, False)
    }


def test_a_big_batch_is_confirmed_in_one_publish(broker: BrokerUnderTest) -> None:
    """Two thousand messages are sent, confirmed, delivered and acked without waiting for each."""
    names = broker.names
    subscriber = broker.subscriber(names.second.queue)

    outcomes = broker.publisher().publish([names.message(n) for n in range(2000)])
    deliveries = received(subscriber, 2000)
    subscriber.ack(deliveries)

    assert outcomes == [Outcome.CONFIRMED] * 2000
    assert ids(deliveries) == [f"evt_{n}" for n in range(2000)]
    assert nothing_left(subscriber, broker)


def test_publishing_nothing_gives_no_outcomes(broker: BrokerUnderTest) -> None:
    """An empty batch is no mistake."""
    assert broker.publisher().publish([]) == []


def test_a_message_reaches_every_queue_that_is_bound(broker: BrokerUnderTest) -> None:
    """Two subscriptions of the same event each get their own copy."""
    names = broker.names

    outcomes = broker.publisher().publish([names.message(1, noun="thing")])

    assert outcomes == [Outcome.CONFIRMED]
    assert ids(received(broker.subscriber(names.first.queue), 1)) == ["evt_1"]
    assert ids(received(broker.subscriber(names.second.queue), 1)) == ["evt_1"]


def test_what_no_queue_is_bound_for_is_returned(broker: BrokerUnderTest) -> None:
    """One unroutable message is told apart from its neighbours, even with the same id."""
    names = broker.names
    messages = [names.message(1), names.message(1, routing_key="nobody.hears.this")]
    messages += [names.message(2)]

    outcomes = broker.publisher().publish(messages)

    assert outcomes == [Outcome.CONFIRMED, Outcome.RETURNED, Outcome.CONFIRMED]


def test_a_missing_exchange_holds_up_no_neighbour(broker: BrokerUnderTest) -> None:
    """What is meant for an exchange that does not exist is returned, and the rest goes through."""
    names = broker.names
    messages = [names.message(n, exchange=f"missing-{n}.events") for n in (1, 2)]

    outcomes = broker.publisher().publish([*messages, names.message(3)])

    assert outcomes == [Outcome.RETURNED, Outcome.RETURNED, Outcome.CONFIRMED]
    assert ids(received(broker.subscriber(names.second.queue), 1)) == ["evt_3"]


def test_a_name_too_long_for_amqp_is_refused_alone(broker: BrokerUnderTest) -> None:
    """AMQP's names have 255 bytes; a longer one must not stop the batch."""
    names = broker.names
    messages = [names.message(1, correlation_id="é" * 128), names.message(2)]

    outcomes = broker.publisher().publish(messages)

    assert outcomes == [Outcome.REFUSED, Outcome.CONFIRMED]
