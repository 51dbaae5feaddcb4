"""How much is in the broker's queues."""

from muster.cli.bootstrap import topology
from muster.messaging.connection import open_connection


def waiting_messages(amqp_url: str) -> tuple[dict[str, int], dict[str, int]]:
    """Return (in work queues, in dead-letter queues) how many messages wait, where any do."""
    queued: dict[str, int] = {}
    dead: dict[str, int] = {}
    connection = open_connection(amqp_url, "accounting")
    try:
        channel = connection.channel()
        for subscription in topology().subscriptions:
            for queue, counts in (
                (subscription.queue, queued),
                (subscription.dead_letter_queue, dead),
            ):
                if number := channel.queue_declare(queue, passive=True).method.message_count:
                    counts[queue] = number
    finally:
        connection.close()
    return queued, dead
