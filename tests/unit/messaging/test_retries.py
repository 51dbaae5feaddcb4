"""What becomes of a delivery that failed."""

import pytest

from muster.messaging.headers import REASON_LENGTH
from muster.messaging.retries import dead_letter_message, retry_message
from muster.messaging.topology import RETRY_DELAYS_SECONDS
from tests.unit.messaging.builders import ALARM, delivery


@pytest.mark.parametrize(("attempt", "seconds"), list(enumerate(RETRY_DELAYS_SECONDS)))
def test_each_retry_waits_in_the_next_queue(attempt: int, seconds: int) -> None:
    """The delays are used one after the other, and the attempts counted."""
    message = retry_message(delivery(attempt=attempt), "guard", "no answer")

    assert message is not None
    assert message.exchange == f"guard.retry.{seconds}s"
    assert message.routing_key == ALARM.queue
    assert message.headers == {"x-attempt": attempt + 1, "x-reason": "no answer"}


def test_after_the_last_delay_there_is_no_retry() -> None:
    """Then it is time for the dead letters."""
    assert retry_message(delivery(attempt=len(RETRY_DELAYS_SECONDS)), "guard", "no") is None


def test_a_copy_is_recognised_as_the_same_message() -> None:
    """Id, body, type and correlation stay, whichever way it goes."""
    failed = delivery(body=b"\x00not json", headers={"x-note": "kept"})

    for copy in (retry_message(failed, "guard", "no"), dead_letter_message(failed, ALARM, "no")):
        assert copy is not None
        assert (copy.message_id, copy.body) == (failed.message_id, failed.body)
        assert (copy.type, copy.correlation_id) == (failed.type, failed.correlation_id)
        assert copy.headers["x-note"] == "kept"


def test_a_dead_letter_tells_who_gave_up_and_why() -> None:
    """Reason, service, subscription and attempts are on the letter."""
    letter = dead_letter_message(delivery(attempt=3), ALARM, "no such door")

    assert (letter.exchange, letter.routing_key) == ("guard.dlx", "guard.alarm")
    assert letter.headers == {
        "x-attempt": 3,
        "x-reason": "no such door",
        "x-service": "guard",
        "x-subscription": "alarm",
    }


def test_a_long_reason_is_cut() -> None:
    """A header is no place for a stack trace."""
    reason = dead_letter_message(delivery(), ALARM, "ä" * 10_000).headers["x-reason"]

    assert str(reason).endswith("ä…")
    assert len(str(reason)) == REASON_LENGTH
