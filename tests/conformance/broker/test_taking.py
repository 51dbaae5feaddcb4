"""What every broker promises whoever takes, acks and gives back."""

import pytest

from tests.conformance.broker.emptiness import nothing_left
from tests.conformance.brokers import BrokerUnderTest, ids, received


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
