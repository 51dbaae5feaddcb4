"""What every broker promises of messages that fail: again, later, and in the end no more."""

from itertools import pairwise

from muster.messaging.blueprint import DELIVERY_LIMIT
from muster.messaging.ports import Outcome
from muster.messaging.retries import dead_letter_message, retry_message
from muster.messaging.topology import RETRY_DELAYS_SECONDS
from tests.conformance.broker.emptiness import nothing_left
from tests.conformance.brokers import BrokerUnderTest, ids, received
from tests.events import NOON


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
