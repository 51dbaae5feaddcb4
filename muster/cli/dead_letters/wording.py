"""What an operator reads about dead letters. Plain lines: they can be piped, and copied at night.

Whatever comes from a message is stripped of control characters: it may have been made to harm.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from muster.messaging.letters import DeadLetter

IN_FULL = (
    "All of it is shown, the names of protected persons and any secrets in it too: operators may "
    "see that, tickets and chats may not."
)
_BODY_CHARACTERS = 4000
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def clean(text: str) -> str:
    """Return a text in one line, without anything that a terminal would obey."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def age(passed: timedelta) -> str:
    """Return how long ago something was, in its largest unit."""
    seconds = max(0, int(passed.total_seconds()))
    for unit, length in _UNITS:
        if seconds >= length:
            return f"{_count(seconds // length, unit)} ago"
    return "just now"


def moment(at: datetime | None, now: datetime) -> str:
    """Return a moment in UTC, and how long ago it was."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC ({age(now - at)})" if at else "nobody knows when"


def heading(letters: Sequence[DeadLetter], number: int, now: datetime) -> str:
    """Return what lies in the dead letters of one subscription, of which the first are given."""
    oldest = letters[0]
    died = f"died {age(now - oldest.died_at)}" if oldest.died_at else "died nobody knows when"
    return f"{oldest.subscription.queue}: {_count(number, 'dead letter')}, the oldest {died}"


def row(letter: DeadLetter, now: datetime) -> str:
    """Return a letter in two lines: what it is, and why it is here."""
    what = letter.event_type.removeprefix("muster.") or "no type"
    parts = [
        clean(letter.letter_id),
        clean(what),
        clean(letter.subject) or "about nothing readable",
        _count(letter.attempts, "attempt"),
        f"died {moment(letter.died_at, now)}",
    ]
    if letter.replays:
        parts.append(f"replayed {_count(letter.replays, 'time')} before")
    return f"  {'  '.join(parts)}\n      {clean(letter.reason)}"


def page(letter: DeadLetter, now: datetime) -> str:
    """Return all there is to know about a letter."""
    return "\n".join(
        [clean(letter.letter_id), *_facts(letter, now), *_headers(letter), *_body(letter)]
    )


def _facts(letter: DeadLetter, now: datetime) -> Iterator[str]:
    subscription, event = letter.subscription, letter.event
    yield _fact("reason", letter.reason)
    yield _fact("service", subscription.service)
    yield _fact("subscription", f"{subscription.name} (lies in {subscription.dead_letter_queue})")
    yield _fact("attempts", str(letter.attempts))
    yield _fact("first failure", moment(letter.first_failed_at, now))
    yield _fact("last failure", moment(letter.died_at, now))
    gave_up = "RabbitMQ" if letter.given_up_by_broker else f"a worker of {subscription.service}"
    yield _fact("given up by", gave_up)
    yield _fact("replayed", f"{_count(letter.replays, 'time')} before")
    yield _fact("event", letter.event_type or "no type")
    yield _fact("about", letter.subject or "nothing readable")
    for name, key in (
        ("said by", "source"),
        ("said at", "time"),
        ("version", "aggregateversion"),
        ("actor", "actor"),
        ("tenant", "tenant"),
        ("caused by", "causationid"),
    ):
        if key in event:
            yield _fact(name, str(event[key]))
    yield _fact("correlation", letter.correlation_id or str(event.get("correlationid", "none")))


def _headers(letter: DeadLetter) -> Iterator[str]:
    yield "headers"
    for name, value in sorted(letter.headers.items()):
        yield f"  {clean(name)}: {clean(str(value))}"
    for death in letter.deaths:
        came = f"from {death.exchange or 'the default exchange'} by {', '.join(death.routing_keys)}"
        at = f"{death.at:%Y-%m-%d %H:%M:%S} UTC" if death.at else "nobody knows when"
        said = f"x-death: {death.reason} in {death.queue}, {death.count} x, {at}, {came}"
        yield f"  {clean(said)}"


def _body(letter: DeadLetter) -> Iterator[str]:
    if letter.event:
        yield "event"
        text = json.dumps(letter.event, indent=2, ensure_ascii=False)
        yield from (
            "".join(c if c.isprintable() else "\ufffd" for c in x) for x in text.split("\n")
        )
        return
    yield f"body: no JSON object, {len(letter.body)} bytes"
    shown = letter.body[:_BODY_CHARACTERS].decode(errors="backslashreplace")
    yield f"  {clean(shown)}"
    if len(letter.body) > _BODY_CHARACTERS:
        yield f"  … only the first {_BODY_CHARACTERS} bytes; --json has all of it"


def _fact(name: str, value: str) -> str:
    return f"  {name:<14}{clean(value)}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
