"""What every broker promises: one suite for the one in memory and for RabbitMQ."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from muster.messaging.blueprint import DEFAULT_EXCHANGE, DELIVERY_LIMIT
from muster.messaging.ports import Outcome, Subscriber
from muster.messaging.retries import dead_letter_message, retry_message
from muster.messaging.topology import RETRY_DELAYS_SECONDS
from tests.conformance.brokers import (
    BrokerUnderTest,
    MemoryUnderTest,
    Names,
    RabbitUnderTest,
    declared,
    ids,
    received,
)
from tests.events import NOON


@pytest.fixture(params=["memory", pytest.param("rabbitmq", marks=pytest.mark.broker)])
def broker(request: pytest.FixtureRequest) -> Iterator[BrokerUnderTest]:
    """Either broker, with names no other test uses."""
    names = Names()
    if request.param == "memory":
        yield MemoryUnderTest(names)
        return
    amqp_url = request.getfixturevalue("amqp_url")
    with declared(amqp_url, names.topology):
        under_test = RabbitUnderTest(names, amqp_url)
        yield under_test
        under_test.close()


def nothing_left(subscriber: Subscriber, broker: BrokerUnderTest) -> bool:
    """Tell that a queue is empty: a message published now is the next that comes, and acked."""
    last = broker.names.message(999, exchange=DEFAULT_EXCHANGE, routing_key=queue_of(subscriber))
    assert broker.publisher().publish([last]) == [Outcome.CONFIRMED]
    deliveries = received(subscriber, 1)
    subscriber.ack(deliveries)
    return ids(deliveries) == ["evt_999"]


def queue_of(subscriber: Subscriber) -> str:
    """Return the queue a subscriber takes from."""
    return str(subscriber.queue)  # type: ignore[attr-defined]


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


def test_a_poll_returns_no_more_than_its_limit(broker: BrokerUnderTest) -> None:
    """The rest waits for the next poll."""
    names = broker.names
    broker.publisher().publish([names.message(n) for n in range(5)])
    subscriber = broker.subscriber(names.second.queue)

    first = received(subscriber, 2)
    rest = received(subscriber, 3)

    assert ids([*first, *rest]) == [f"evt_{n}" for n in range(5)]


def test_prefetch_bounds_what_is_unsettled(broker: BrokerUnderTest) -> None:
    """A subscriber gets no more than its prefetch until it settles some."""
    names = broker.names
    broker.publisher().publish([names.message(n) for n in range(5)])
    narrow = broker.subscriber(names.second.queue, prefetch=2)
    wide = broker.subscriber(names.second.queue)

    held = received(narrow, 2)
    others = received(wide, 3)

    assert narrow.poll(10) == []
    wide.release(others)
    narrow.ack(held)
    assert sorted(ids(held) + ids(others)) == [f"evt_{n}" for n in range(5)]


def test_an_acked_message_is_gone(broker: BrokerUnderTest) -> None:
    """Neither a new subscriber nor a closed one brings it back."""
    names = broker.names
    broker.publisher().publish([names.message(1)])
    subscriber = broker.subscriber(names.second.queue)

    subscriber.ack(received(subscriber, 1))
    subscriber.close()

    assert nothing_left(broker.subscriber(names.second.queue), broker)


def test_acks_settle_exactly_what_they_name(broker: BrokerUnderTest) -> None:
    """Whatever the order of acks, only what was not acked comes back."""
    names = broker.names
    broker.publisher().publish([names.message(n) for n in range(6)])
    subscriber = broker.subscriber(names.second.queue)
    deliveries = received(subscriber, 6)

    subscriber.ack([deliveries[4], deliveries[1]])
    subscriber.ack([deliveries[0], deliveries[3]])
    subscriber.ack([deliveries[0]])
    subscriber.close()

    assert sorted(ids(received(broker.subscriber(names.second.queue), 2))) == ["evt_2", "evt_5"]


def test_a_released_message_comes_again_in_its_place(broker: BrokerUnderTest) -> None:
    """Release means: again, marked as redelivered, before what came after it."""
    names = broker.names
    broker.publisher().publish([names.message(n) for n in range(4)])
    subscriber = broker.subscriber(names.second.queue, prefetch=2)
    deliveries = received(subscriber, 2)

    subscriber.release(deliveries)
    again = received(subscriber, 2)

    assert ids(again) == ["evt_0", "evt_1"]
    assert [d.redelivered for d in again] == [True, True]


def test_closing_gives_back_what_is_unsettled(broker: BrokerUnderTest) -> None:
    """A worker that goes away leaves its messages to the next."""
    names = broker.names
    broker.publisher().publish([names.message(n) for n in range(3)])
    first = broker.subscriber(names.second.queue)
    deliveries = received(first, 3)
    first.ack(deliveries[:1])

    first.close()
    first.close()
    again = received(broker.subscriber(names.second.queue), 2)

    assert ids(again) == ["evt_1", "evt_2"]
    assert all(d.redelivered for d in again)


def test_tags_of_a_closed_subscriber_settle_nothing(broker: BrokerUnderTest) -> None:
    """A late ack is ignored; it never acks what another subscriber holds."""
    names = broker.names
    broker.publisher().publish([names.message(1)])
    first = broker.subscriber(names.second.queue)
    stale = received(first, 1)
    first.close()
    second = broker.subscriber(names.second.queue)
    received(second, 1)

    first.ack(stale)
    first.release(stale)
    second.close()

    assert ids(received(broker.subscriber(names.second.queue), 1)) == ["evt_1"]


def test_a_closed_subscriber_is_not_polled(broker: BrokerUnderTest) -> None:
    """Polling after close is a mistake and says so."""
    subscriber = broker.subscriber(broker.names.first.queue)
    subscriber.close()

    with pytest.raises(RuntimeError, match="make another"):
        subscriber.poll(1)


def test_a_retry_comes_back_to_its_queue_alone_after_the_delay(broker: BrokerUnderTest) -> None:
    """It returns with the attempt counted, to the one queue where it failed, not before time."""
    names = broker.names
    publisher = broker.publisher()
    publisher.publish([names.message(1, noun="thing")])
    failing, other = (broker.subscriber(s.queue) for s in (names.first, names.second))
    failed = received(failing, 1)
    other.ack(received(other, 1))
    message = retry_message(failed[0], names.service, "the database is away", NOON)
    assert message is not None

    assert publisher.publish([message]) == [Outcome.CONFIRMED]
    failing.ack(failed)
    broker.let_pass(RETRY_DELAYS_SECONDS[0] / 2)
    assert failing.poll(1) == []
    broker.let_pass(RETRY_DELAYS_SECONDS[0] / 2)
    again = received(failing, 1, within_s=RETRY_DELAYS_SECONDS[0] + 10)

    assert ids(again) == ["evt_1"]
    assert again[0].attempt == 1
    assert again[0].headers["x-reason"] == "the database is away"
    assert (again[0].body, again[0].type) == (failed[0].body, failed[0].type)
    assert nothing_left(other, broker)


def test_an_exhausted_message_goes_to_the_dead_letters(broker: BrokerUnderTest) -> None:
    """After the last delay there is no other; the dead letter tells who gave up, and why."""
    names = broker.names
    publisher = broker.publisher()
    tries = len(RETRY_DELAYS_SECONDS)
    publisher.publish([names.message(1, headers={"x-attempt": tries})])
    subscriber = broker.subscriber(names.second.queue)
    delivery = received(subscriber, 1)[0]

    assert retry_message(delivery, names.service, "still away", NOON) is None
    dead = dead_letter_message(delivery, names.second, "still away", NOON)
    assert publisher.publish([dead]) == [Outcome.CONFIRMED]
    subscriber.ack([delivery])
    letter = received(broker.subscriber(names.second.dead_letter_queue), 1)[0]

    assert (letter.message_id, letter.body) == (delivery.message_id, delivery.body)
    assert letter.headers == {
        "x-attempt": tries,
        "x-reason": "still away",
        "x-service": names.service,
        "x-subscription": "second",
        "x-first-failed-at": NOON.isoformat(),
        "x-died-at": NOON.isoformat(),
    }
    assert nothing_left(subscriber, broker)


def test_what_is_returned_too_often_becomes_a_dead_letter(broker: BrokerUnderTest) -> None:
    """A message that kills its worker again and again ends with the dead letters by itself."""
    names = broker.names
    broker.publisher().publish([names.message(1)])
    subscriber = broker.subscriber(names.second.queue)

    seen = []
    for _ in range(DELIVERY_LIMIT + 1):
        deliveries = received(subscriber, 1)
        seen += deliveries
        subscriber.release(deliveries)
    letter = received(broker.subscriber(names.second.dead_letter_queue), 1)

    assert ids(letter) == ["evt_1"]
    assert [d.redelivered for d in seen] == [False] + [True] * DELIVERY_LIMIT
    assert len({d.tag for d in seen}) == len(seen)
    assert all(earlier.tag < later.tag for earlier, later in pairwise(seen))
    assert nothing_left(subscriber, broker)
