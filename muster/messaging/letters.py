"""What a dead letter says: what it is, why it died, who gave up, how often it was tried, and when.

A worker that gives a message up writes all of that into headers. Where RabbitMQ gave it up by
itself there is no worker left to say anything, and its own header `x-death` is read instead.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from muster.messaging.blueprint import DELIVERY_LIMIT
from muster.messaging.headers import (
    ATTEMPT,
    DIED_AT,
    FIRST_FAILED_AT,
    REASON,
    REPLAYED,
    SERVICE,
    SUBSCRIPTION,
    attempt_in,
    own_headers,
)
from muster.messaging.ports import OutboundMessage
from muster.messaging.topology import Subscription, return_exchange

# What a life in the queues has written on a message; one that begins anew carries none of it.
_OF_THE_LIFE_BEFORE = (ATTEMPT, REASON, SERVICE, SUBSCRIPTION, FIRST_FAILED_AT, DIED_AT)

_WORDS = {
    "delivery_limit": (
        f"RabbitMQ gave it up: it came back unsettled {DELIVERY_LIMIT + 1} times, so it probably "
        "ends the worker that takes it"
    ),
    "rejected": "A consumer that is not Muster's rejected it",
    "expired": "It waited in its queue for longer than a policy of the broker allows",
    "maxlen": "Its queue was full by a policy of the broker",
}


@dataclass(frozen=True)
class Death:
    """One entry of the broker's own account: it moved the message on, from where and why."""

    queue: str
    reason: str
    count: int
    at: datetime | None
    exchange: str
    routing_keys: tuple[str, ...]


@dataclass(frozen=True)
class DeadLetter:
    """A message that one subscription could not handle, as it lies in its dead-letter queue."""

    tag: int  # of the delivery it was read from
    subscription: Subscription
    message_id: str
    type: str
    body: bytes
    correlation_id: str
    headers: Mapping[str, str | int]  # Muster's own
    deaths: tuple[Death, ...]  # the latest first; empty if a worker gave it up

    @property
    def letter_id(self) -> str:
        """Return what to call it by: the message id, or a digest of the body if it has none."""
        return self.message_id or f"body-{hashlib.sha256(self.body).hexdigest()[:16]}"

    @property
    def given_up_by_broker(self) -> bool:
        """Tell whether RabbitMQ gave it up, and no worker."""
        return DIED_AT not in self.headers and bool(self.deaths)

    @property
    def reason(self) -> str:
        """Return why it died."""
        said = str(self.headers.get(REASON, ""))
        if not self.given_up_by_broker:
            return said or "No reason is on the message: it was not Muster that put it here"
        word = self.deaths[0].reason
        gave_up = _WORDS.get(word, f"RabbitMQ gave it up: {word}")
        return f"{gave_up}. It had been retried before, because of {said}" if said else gave_up

    @property
    def attempts(self) -> int:
        """Return how often it was handed to the subscription."""
        retries = attempt_in(self.headers)
        limit = self.given_up_by_broker and self.deaths[0].reason == "delivery_limit"
        return retries + (DELIVERY_LIMIT + 1 if limit else 1)

    @property
    def first_failed_at(self) -> datetime | None:
        """Return when it failed for the first time since it was published or replayed."""
        return _moment(self.headers.get(FIRST_FAILED_AT)) or self.died_at

    @property
    def died_at(self) -> datetime | None:
        """Return when it was given up; None if nothing on it says so."""
        if self.given_up_by_broker:
            return self.deaths[0].at
        return _moment(self.headers.get(DIED_AT))

    @property
    def since(self) -> datetime:
        """Return when it died, to sort by; who does not say so has lain there for ever."""
        return self.died_at or datetime.min.replace(tzinfo=UTC)

    @property
    def replays(self) -> int:
        """Return how often it was put back before, and died again."""
        replays = self.headers.get(REPLAYED, 0)
        return replays if isinstance(replays, int) else 0

    @property
    def event(self) -> dict[str, Any]:
        """Return the body as JSON; empty if it is none. It may be anything but a valid event."""
        try:
            content = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return {}
        return content if isinstance(content, dict) else {}

    @property
    def event_type(self) -> str:
        """Return the type that the message, or else the event in it, says it has."""
        return self.type or str(self.event.get("type", ""))

    @property
    def subject(self) -> str:
        """Return the id of the aggregate it is about, as far as it can be read."""
        return str(self.event.get("subject", ""))

    @property
    def said_at(self) -> datetime | None:
        """Return when the event happened; failing that, the earliest moment it is known from."""
        return _moment(self.event.get("time")) or self.first_failed_at


def letter_in(
    subscription: Subscription,
    tag: int,
    body: bytes,
    headers: Mapping[str, Any] | None,
    *,
    message_id: str = "",
    type_: str = "",
    correlation_id: str = "",
) -> DeadLetter:
    """Read a message of a dead-letter queue, whoever put it there."""
    return DeadLetter(
        tag=tag,
        subscription=subscription,
        message_id=message_id,
        type=type_,
        body=body,
        correlation_id=correlation_id,
        headers=own_headers(headers),
        deaths=tuple(_deaths((headers or {}).get("x-death"))),
    )


def replay_message(letter: DeadLetter) -> OutboundMessage:
    """Return what puts a letter back into its work queue, to begin anew under its old id.

    By that id the inbox knows it, should it have taken effect meanwhile. If it dies again, that is
    a new letter, which says how often it was put back.
    """
    kept = {k: v for k, v in letter.headers.items() if k not in _OF_THE_LIFE_BEFORE}
    return OutboundMessage(
        exchange=return_exchange(letter.subscription.service),
        routing_key=letter.subscription.queue,
        message_id=letter.message_id,
        type=letter.type,
        body=letter.body,
        correlation_id=letter.correlation_id,
        headers={**kept, REPLAYED: letter.replays + 1},
    )


def _deaths(raw: object) -> list[Death]:
    entries = raw if isinstance(raw, Sequence) and not isinstance(raw, str | bytes) else ()
    return [_death(entry) for entry in entries if isinstance(entry, Mapping)]


def _death(entry: Mapping[str, Any]) -> Death:
    keys, count = entry.get("routing-keys"), entry.get("count")
    return Death(
        queue=str(entry.get("queue", "")),
        reason=str(entry.get("reason", "")),
        count=int(count) if isinstance(count, int) else 1,
        at=_moment(entry.get("time")),
        exchange=str(entry.get("exchange", "")),
        routing_keys=tuple(map(str, keys)) if isinstance(keys, list | tuple) else (),
    )


def _moment(value: object) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
