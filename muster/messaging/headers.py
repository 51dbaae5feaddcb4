"""The headers Muster puts on a message, and how to read them from what a broker hands over."""

from collections.abc import Mapping

ATTEMPT = "x-attempt"  # how often the message was sent through a retry queue
REASON = "x-reason"  # why it was retried or given up, in words
SERVICE = "x-service"
SUBSCRIPTION = "x-subscription"
FIRST_FAILED_AT = "x-first-failed-at"  # when it failed for the first time since it was published
DIED_AT = "x-died-at"  # when it was given up
REPLAYED = "x-replayed"  # how often somebody has put it back from the dead letters

REASON_LENGTH = 500

# What brokers add by themselves. Sent on, it would look like Muster's own words, and a copied
# x-death makes the broker see a cycle where there is none.
_OF_THE_BROKER = ("x-death", "x-first-death-", "x-last-death-", "x-delivery-count")


def own_headers(raw: Mapping[str, object] | None) -> dict[str, str | int]:
    """Return the headers a publisher wrote, without the broker's and without odd types."""
    return {
        name: value
        for name, value in (raw or {}).items()
        if isinstance(value, str | int)
        and isinstance(name, str)  # pika leaves a name that is not UTF-8 as bytes
        and not name.startswith(_OF_THE_BROKER)
    }


def attempt_in(headers: Mapping[str, str | int]) -> int:
    """Return how often the message was retried; 0 for a missing or senseless header."""
    attempt = headers.get(ATTEMPT, 0)
    return attempt if isinstance(attempt, int) and attempt > 0 else 0


def short_reason(reason: str) -> str:
    """Return the reason, cut to what a header should hold."""
    if len(reason) <= REASON_LENGTH:
        return reason
    return reason[: REASON_LENGTH - 1] + "…"
