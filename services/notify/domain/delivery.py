"""Parcels on their way out, what became of them, and when to try again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zlib import crc32

LEASE = timedelta(seconds=120)  # a courier that says nothing for so long is taken for dead
# A courier hands back what it has not begun after so long. Shorter than a process that is told to
# stop may take: what was sent has to be written down before it ends, or it is sent again.
PATIENCE = timedelta(seconds=8)

_FIRST_DELAY = 5.0
_GROWTH = 3.0
_LONGEST_DELAY = 3600.0


class Channel(StrEnum):
    """The ways to reach somebody that keep a ledger; the live stream needs none."""

    EMAIL = "email"
    WEBHOOK = "webhook"


class NotificationStatus(StrEnum):
    """How far a notification has come."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


class Outcome(StrEnum):
    """What became of one attempt."""

    SENT = "sent"
    RETRIED = "retried"  # may work later
    FAILED = "failed"  # will not work however often it is tried, or was tried often enough
    SUPPRESSED = "suppressed"  # nobody to send it to, or nothing to send it with
    RELEASED = "released"  # not attempted; given back
    UNKNOWN = "unknown"  # the courier vanished: it may or may not have been sent


@dataclass(frozen=True)
class Parcel:
    """A notification that a courier has claimed; `attempts` is also the courier's claim ticket."""

    notification_id: str
    event_id: str
    event_type: str
    audience: str
    target: str
    title: str
    body: str
    attempts: int
    correlation_id: str
    created_at: datetime
    traceparent: str | None = None


@dataclass(frozen=True)
class Result:
    """What a courier reports of a parcel; the far end may ask for peace until `not_before`."""

    outcome: Outcome
    detail: str = ""
    not_before: datetime | None = None


def delay_before(notification_id: str, attempt: int) -> timedelta:
    """Return how long to wait before this retry (from 1): growing, and jittered by half.

    The jitter spreads retries, so that a far end that recovers is not hit by all at once. It is
    drawn from the id, so that the same history always goes the same way.
    """
    steady = min(_FIRST_DELAY * _GROWTH ** (attempt - 1), _LONGEST_DELAY)
    fraction = crc32(f"{notification_id} {attempt}".encode()) / 2**32
    return timedelta(seconds=steady * (0.5 + fraction / 2))


def give_up_if_spent(result: Result, attempts: int, allowed: int) -> Result:
    """Return the result, or a failure if it asks for one retry more than is allowed."""
    if result.outcome is Outcome.RETRIED and attempts >= allowed:
        return Result(Outcome.FAILED, f"given up after {attempts} attempts: {result.detail}")
    return result
