"""What becomes of a delivery that failed."""

from datetime import timedelta

import pytest

from muster.messaging.headers import REASON_LENGTH
from muster.messaging.retries import dead_letter_message, retry_message
from muster.messaging.topology import RETRY_DELAYS_SECONDS
from tests.events import NOON
from tests.unit.messaging.builders import ALARM, delivery


@pytest.mark.parametrize(("attempt", "seconds"), list(enumerate(RETRY_DELAYS_SECONDS)))
def test_each_retry_waits_in_the_next_queue(attempt: int, seconds: int) -> None:
    """The delays are used one after the other, and the attempts counted."""
    message = retry_message(delivery(attempt=attempt), "guard", "no answer", NOON)

    assert message is not None
    assert message.exchange == f"guard.retry.{seconds}s"
    assert message.routing_key == ALARM.queue
    assert message.headers == {
        "x-attempt": attempt + 1,
        "x-reason": "no answer",
        "x-first-failed-at": "2026-03-02T12:00:00+00:00",
    }


def test_after_the_last_delay_there_is_no_retry() -> None:
    """Then it is time for the dead letters."""
    exhausted = delivery(attempt=len(RETRY_DELAYS_SECONDS))

    assert retry_message(exhausted, "guard", "no", NOON) is None


def test_a_copy_is_recognised_as_the_same_message() -> None:
    """Id, body, type and correlation stay, whichever way it goes."""
    failed = delivery(body=b"\x00not json", headers={"x-note": "kept"})

    for copy in (
        retry_message(failed, "guard", "no", NOON),
        dead_letter_message(failed, ALARM, "no", NOON),
    ):
        assert copy is not None
        assert (copy.message_id, copy.body) == (failed.message_id, failed.body)
        assert (copy.type, copy.correlation_id) == (failed.type, failed.correlation_id)
        assert copy.headers["x-note"] == "kept"


def test_a_dead_letter_tells_who_gave_up_and_why() -> None:
    """Reason, service, subscription and attempts are on the letter."""
    letter = dead_letter_message(delivery(attempt=3), ALARM, "no such door", NOON)

    assert (letter.exchange, letter.routing_key) == ("guard.dlx", "guard.alarm")
    assert letter.headers == {
        "x-attempt": 3,
        "x-reason": "no such door",
        "x-service": "guard",
        "x-subscription": "alarm",
        "x-first-failed-at": "2026-03-02T12:00:00+00:00",
        "x-died-at": "2026-03-02T12:00:00+00:00",
    }


def test_the_first_failure_is_remembered_through_all_retries() -> None:
    """Whoever reads the dead letter sees since when it has been failing."""
    retried = retry_message(delivery(), "guard", "no answer", NOON)
    assert retried is not None
    later = NOON + timedelta(minutes=5)

    letter = dead_letter_message(delivery(headers=retried.headers), ALARM, "never", later)

    assert letter.headers["x-first-failed-at"] == NOON.isoformat()
    assert letter.headers["x-died-at"] == later.isoformat()


def test_a_long_reason_is_cut() -> None:
    """A header is no place for a stack trace."""
    reason = dead_letter_message(delivery(), ALARM, "ä" * 10_000, NOON).headers["x-reason"]

    assert str(reason).endswith("ä…")
    assert len(str(reason)) == REASON_LENGTH
