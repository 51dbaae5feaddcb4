"""Three hops in dramatiq: an actor, a row through a connection per thread, a message sent.

Run as `dramatiq dramatiq_hops --queues one two three`.
"""

import os
import sys
import threading

import dramatiq
import psycopg
from dramatiq.brokers.rabbitmq import RabbitmqBroker

INSERT = "INSERT INTO steps (step_id, job_id, hop, noted_at) VALUES (%s, %s, %s, now())"

dramatiq.set_broker(RabbitmqBroker(url=os.environ["PIPELINE_AMQP"]))
of_this_thread = threading.local()


def add(event: dict, hop: int) -> None:
    if not hasattr(of_this_thread, "connection"):
        of_this_thread.connection = psycopg.connect(os.environ["PIPELINE_DATABASE"])
    connection = of_this_thread.connection
    with connection.transaction():
        connection.execute(INSERT, (event["id"], event["subject"], hop))


@dramatiq.actor(queue_name="one")
def one(event: dict) -> None:
    if event["data"]["reason"] == "fails":
        raise ValueError("this one fails")
    add(event, 1)
    two.send(event)


@dramatiq.actor(queue_name="two")
def two(event: dict) -> None:
    add(event, 2)
    three.send(event)


@dramatiq.actor(queue_name="three")
def three(event: dict) -> None:
    add(event, 3)
    out.send(event)


@dramatiq.actor(queue_name="out")
def out(event: dict) -> None:
    """Stays in its queue: no worker asks for it."""


if __name__ == "__main__":
    from seeds import events

    for event in events(sys.argv):
        one.send(event)
