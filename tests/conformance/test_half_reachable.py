"""A broker that is not as it should be is waited for, with the reason: nothing crashes."""

import pika
import pytest

from muster.messaging.blueprint import Exchange
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.publisher import RabbitPublisher
from muster.messaging.shared_connection import RabbitConnection
from tests.conformance.brokers import Names, declared
from tests.waiting import eventually

pytestmark = pytest.mark.broker


def test_a_worker_waits_until_a_queue_with_other_settings_is_gone(amqp_url: str) -> None:
    """And needs no start: it goes on when somebody has deleted what stood in its way."""
    names = Names()
    with (
        declared(amqp_url, names.topology),
        pika.BlockingConnection(pika.URLParameters(amqp_url)) as operator,
    ):
        channel = operator.channel()
        channel.queue_delete(names.first.queue)
        channel.queue_declare(names.first.queue, durable=True)
        connection = RabbitConnection(amqp_url, [names.restorer()])
        subscriber = connection.subscriber(names.first.queue, 1)
        for _ in range(3):
            with pytest.raises(BrokerUnavailable, match=rf"{names.first.queue}.*delete it"):
                subscriber.poll(1)

        channel.queue_delete(names.first.queue)

        def polls() -> bool:
            try:
                return subscriber.poll(1) == []
            except BrokerUnavailable:
                return False

        eventually(polls)
        connection.close()


def test_a_relay_waits_until_an_exchange_of_another_kind_is_gone(amqp_url: str) -> None:
    """What it has to say stays in the outbox meanwhile."""
    names = Names()
    exchange = f"{names.owner}.events"
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as operator:
        channel = operator.channel()
        channel.exchange_declare(exchange, exchange_type="fanout", durable=True)
        publisher = RabbitPublisher(amqp_url, exchanges=[Exchange(exchange, "topic")])
        with pytest.raises(BrokerUnavailable, match=rf"{exchange}.*delete it"):
            publisher.reach()

        channel.exchange_delete(exchange)

        publisher.reach()
        publisher.close()
        channel.exchange_delete(exchange)
