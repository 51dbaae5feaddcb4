"""Operators see how many dead letters there are, and how old the oldest is."""

from datetime import timedelta

import pika
import pytest

from muster.cli.bootstrap import topology
from muster.messaging.dead_letter_watch import DeadLetterWatch
from tests.conformance.dead_letters.world import REGISTRY, World
from tests.metrics import shown, total
from tests.waiting import eventually

pytestmark = pytest.mark.broker


def test_letters_are_counted_with_the_age_of_the_oldest(world: World) -> None:
    """They stay where they are; once they are gone, so is their age."""
    world.bury(1, 2)
    now = world.clock.now() + timedelta(seconds=300)
    watch = DeadLetterWatch(topology(), "matching", lambda: now)

    with pika.BlockingConnection(pika.URLParameters(world.amqp_url)) as connection:
        watch.look(connection)
        assert total(shown(), "muster_dead_letters", service="matching") == 2
        age = total(shown(), "muster_dead_letter_oldest_age_seconds", service="matching")
        assert 300 <= age <= 310
        eventually(lambda: sorted(world.letters()) == ["evt_1", "evt_2"])

        connection.channel().queue_purge(REGISTRY.dead_letter_queue)
        watch.look(connection)

    assert total(shown(), "muster_dead_letters", service="matching") == 0
    assert total(shown(), "muster_dead_letter_oldest_age_seconds", service="matching") == 0
