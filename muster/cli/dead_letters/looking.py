"""Listing and showing dead letters."""

import json
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import typer

from muster.cli.dead_letters.content import summary, whole
from muster.cli.dead_letters.finding import batches, demand, find
from muster.cli.dead_letters.reach import Choice, Reach, reach
from muster.cli.dead_letters.wording import IN_FULL, clean, heading, page, row
from muster.clock import Clock, SystemClock
from muster.messaging.letters import DeadLetter
from muster.messaging.topology import Subscription

LOOK_AT_MOST = 10_000  # letters of a queue that a list goes through to find the oldest


def list_letters(choice: Choice, limit: int, as_json: bool, clock: Clock | None = None) -> None:
    """Print how many letters lie where, and the oldest of each subscription."""
    now = (clock or SystemClock()).now()
    queues: list[dict[str, Any]] = []
    shown: list[DeadLetter] = []
    lines: list[str] = []
    with reach(choice) as there:
        for subscription in there.subscriptions:
            letters, number = _oldest(there, subscription, limit, choice)
            shown += letters[:limit]
            queues.append(_account(subscription, letters, number))
            if letters:
                lines.append(heading(letters, number, now))
                lines += [row(letter, now) for letter in letters[:limit]]
                if number > limit:
                    lines.append(f"  … {number - limit} more; `--limit {number}` shows all")
    if as_json:
        content = {"queues": queues, "letters": [summary(letter) for letter in shown]}
        typer.echo(json.dumps(content, indent=2))
    else:
        names = ", ".join(account["queue"] for account in queues)
        typer.echo("\n".join(lines) or f"No dead letters. Looked at {names}.")


def show_letter(choice: Choice, letter_id: str, as_json: bool, clock: Clock | None = None) -> None:
    """Print all there is to know about a letter; about each, if several subscriptions gave it up.

    Raises CannotRun if there is none of this id.
    """
    now = (clock or SystemClock()).now()
    with reach(choice) as there:
        letters = find(there, {letter_id}, choice)
    demand({letter_id}, letters)
    if as_json:
        typer.echo(json.dumps([whole(letter) for letter in letters], indent=2))
        return
    for letter in letters:
        typer.echo(page(letter, now) + "\n")
    called, queue = clean(letter_id), letters[0].subscription.queue
    typer.echo(f"{IN_FULL}\nNext: muster dead-letters replay {called} --queue {queue}")
    typer.echo(f'  or: muster dead-letters discard {called} --queue {queue} --reason "…"')


def _oldest(
    there: Reach, subscription: Subscription, limit: int, choice: Choice
) -> tuple[list[DeadLetter], int]:
    """Return the oldest letters, one at least if there are any, and how many there are."""
    oldest: list[DeadLetter] = []
    seen = 0
    with there.held(subscription) as held:
        for batch in batches(held, choice):
            seen += len(batch)
            oldest = sorted([*oldest, *batch], key=attrgetter("since"))[: max(limit, 1)]
            if seen >= LOOK_AT_MOST:
                break
        return oldest, seen + held.more


def _account(
    subscription: Subscription, letters: Sequence[DeadLetter], number: int
) -> dict[str, Any]:
    died = letters[0].died_at if letters else None
    return {
        "service": subscription.service,
        "subscription": subscription.name,
        "queue": subscription.queue,
        "letters": number,
        "oldest_died_at": died.isoformat() if died else None,
    }
