"""What a dead letter says, whoever put it there."""

from datetime import UTC, datetime, timedelta

import pytest

from muster.messaging.letters import DeadLetter, letter_in, replay_message
from muster.messaging.ports import OutboundMessage
from muster.messaging.retries import dead_letter_message, retry_message
from tests.events import NOON
from tests.unit.messaging.builders import ALARM, delivery

LATER = NOON + timedelta(minutes=6)


def read(message: OutboundMessage, **more: object) -> DeadLetter:
    """Return the letter that a message becomes in its queue; `more` is the broker's."""
    return letter_in(
        ALARM,
        1,
        message.body,
        {**message.headers, **more},
        message_id=message.message_id,
        type_=message.type,
        correlation_id=message.correlation_id,
    )


def death(reason: str = "delivery_limit") -> dict[str, object]:
    """Return what RabbitMQ writes when it gives a message up."""
    return {
        "count": 1,
        "reason": reason,
        "queue": ALARM.queue,
        "time": LATER,
        "exchange": "house.events",
        "routing-keys": ["house.door.opened.v1"],
    }


def test_a_letter_of_a_worker_tells_all() -> None:
    """Why, how often, since when, and when it was given up."""
    retried = retry_message(delivery(), "guard", "no answer", NOON)
    assert retried is not None
    last = delivery(attempt=3, headers={**retried.headers, "x-attempt": 3})

    letter = read(dead_letter_message(last, ALARM, "still no answer", LATER))

    assert (letter.letter_id, letter.reason, letter.attempts) == ("evt_1", "still no answer", 4)
    assert (letter.first_failed_at, letter.died_at) == (NOON, LATER)
    assert not letter.given_up_by_broker


def test_a_letter_of_the_broker_tells_what_it_was_retried_for_before() -> None:
    """The header of an earlier retry is no reason why it died, but worth knowing."""
    retried = retry_message(delivery(), "guard", "no answer", NOON)
    assert retried is not None

    letter = read(retried, **{"x-death": [death()]})

    assert letter.given_up_by_broker
    assert letter.reason.startswith("RabbitMQ gave it up")
    assert letter.reason.endswith("because of no answer")
    assert (letter.attempts, letter.first_failed_at, letter.died_at) == (52, NOON, LATER)


@pytest.mark.parametrize("reason", ["rejected", "expired", "maxlen", "who knows"])
def test_every_reason_of_the_broker_has_words(reason: str) -> None:
    """Even one that is not known yet."""
    letter = letter_in(ALARM, 1, b"", {"x-death": [death(reason)]})

    assert letter.attempts == 1
    assert len(letter.reason.split()) > 4


@pytest.mark.parametrize(
    "headers",
    [None, {}, {"x-death": "no list"}, {"x-death": [7]}, {"x-died-at": "yesterday"}],
)
def test_a_strangers_letter_can_be_read(headers: dict[str, object] | None) -> None:
    """It says nothing, and that is said."""
    letter = letter_in(ALARM, 1, b"\xff", headers)

    assert letter.reason.startswith("No reason")
    assert letter.letter_id.startswith("body-")
    assert (letter.died_at, letter.said_at, letter.event, letter.subject) == (None, None, {}, "")


def test_a_letter_is_as_old_as_its_event() -> None:
    """The inbox may have heard of it from then on, long before this copy failed."""
    body = b'{"time": "2026-01-01T00:00:00Z", "subject": "door_1"}'
    letter = read(dead_letter_message(delivery(body=body), ALARM, "no", NOON))

    assert letter.said_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert letter.subject == "door_1"


def test_a_replay_begins_anew_under_the_old_id() -> None:
    """Nothing of its life before is left but how often it was put back."""
    dead = dead_letter_message(
        delivery(attempt=3, headers={"x-note": "kept", "x-replayed": 1}), ALARM, "no", NOON
    )

    replayed = replay_message(read(dead, **{"x-death": [death()]}))

    assert (replayed.exchange, replayed.routing_key) == ("guard.return", ALARM.queue)
    assert (replayed.message_id, replayed.body, replayed.type) == ("evt_1", dead.body, dead.type)
    assert replayed.headers == {"x-note": "kept", "x-replayed": 2}
