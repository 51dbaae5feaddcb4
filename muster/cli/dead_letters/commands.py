"""Listing, showing, replaying and discarding dead letters."""

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

import typer

from muster.cli.dead_letters.content import summary, whole
from muster.cli.dead_letters.journal import Journal
from muster.cli.dead_letters.reach import Choice, Reach, reach
from muster.cli.dead_letters.wording import IN_FULL, clean, heading, moment, page, row
from muster.cli.errors import CannotRun, InputUnusable
from muster.clock import Clock, SystemClock
from muster.messaging.dead_letters import HeldLetters, QueueMissing, put_back
from muster.messaging.letters import DeadLetter
from muster.messaging.ports import Outcome
from muster.messaging.topology import Subscription
from muster.storage.retention import INBOX_KEPT

LOOK_AT_MOST = 10_000  # letters of a queue that a list goes through to find the oldest
AT_ONCE = 100  # letters that are read, put back or thrown away together
# A letter that is put back may wait in its queue before the inbox is asked about it.
REPLAYABLE = INBOX_KEPT - timedelta(days=1)

_OUTCOMES = {
    Outcome.CONFIRMED: "put back",
    Outcome.RETURNED: (
        "NOT put back: its work queue is not there. A worker declares it when it starts; if the "
        "subscription was given up for good, discard the letter"
    ),
    Outcome.REFUSED: "NOT put back: RabbitMQ refuses it (its queue is full, or a name too long)",
    Outcome.UNKNOWN: (
        "perhaps put back: RabbitMQ did not confirm it, so the letter stays. Look at its alarms "
        "(`rabbitmq-diagnostics alarms`), then replay it again: that is safe"
    ),
}


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
        letters = _find(there, {letter_id}, choice)
    _demand({letter_id}, letters)
    if as_json:
        typer.echo(json.dumps([whole(letter) for letter in letters], indent=2))
        return
    for letter in letters:
        typer.echo(page(letter, now) + "\n")
    called, queue = clean(letter_id), letters[0].subscription.queue
    typer.echo(f"{IN_FULL}\nNext: muster dead-letters replay {called} --queue {queue}")
    typer.echo(f'  or: muster dead-letters discard {called} --queue {queue} --reason "…"')


def replay_letters(
    choice: Choice,
    letter_ids: Sequence[str],
    everything: bool,
    even_if_old: bool,
    clock: Clock | None = None,
) -> None:
    """Put letters back into their work queues, and print what became of each.

    Raises CannotRun if one that was meant was not put back.
    """
    if bool(letter_ids) == everything:
        raise InputUnusable("Say which: message ids (`muster dead-letters list`), or --all.")
    now = (clock or SystemClock()).now()
    oldest = None if even_if_old else now - REPLAYABLE
    wanted, met, failed, done = set(letter_ids), set[str](), 0, 0
    with reach(choice) as there:
        for subscription in there.subscriptions:
            with there.held(subscription) as held:
                for batch in _batches(held, choice):
                    meant = [x for x in batch if everything or x.letter_id in wanted]
                    met |= {letter.letter_id for letter in meant}
                    outcomes = _put_back(there, held, meant, oldest, now)
                    done += outcomes.count(Outcome.CONFIRMED)
                    failed += len(meant) - outcomes.count(Outcome.CONFIRMED)
                    if Outcome.UNKNOWN in outcomes:
                        raise CannotRun("Stopped there: RabbitMQ does not confirm. See above.")
    typer.echo(f"{done} put back." if done or failed else "No dead letters to put back.")
    if missing := wanted - met:
        raise _unknown(missing)
    if failed:
        raise CannotRun(f"{failed} not put back; they lie where they were. See above.")


def discard_letters(
    choice: Choice,
    letter_ids: Sequence[str],
    reason: str,
    who: str,
    journal: Journal,
    yes: bool,
    clock: Clock | None = None,
) -> None:
    """Throw letters away for good, after a line in the journal for each.

    Raises CannotRun for an id of which there is no letter: then none is thrown away.
    """
    if not reason.strip():
        raise InputUnusable("Say why it may be thrown away: --reason. It goes into the journal.")
    now = (clock or SystemClock()).now()
    wanted = set(letter_ids)
    with reach(choice) as there:
        letters = _find(there, wanted, choice)
    _demand(wanted, letters)
    for letter in letters:
        typer.echo(f"{letter.subscription.queue}:\n{row(letter, now)}")
    if not yes:
        # Nothing is held meanwhile: whoever is asked may take the night to answer.
        typer.confirm(f"Throw away {len(letters)}, for good?", abort=True)
    with reach(choice) as there:
        for subscription in dict.fromkeys(letter.subscription for letter in letters):
            with there.held(subscription) as held:
                for batch in _batches(held, choice):
                    meant = [letter for letter in batch if letter.letter_id in wanted]
                    if meant:
                        journal.write(meant, reason.strip(), who, now)
                        held.remove(meant)
                        for letter in meant:
                            typer.echo(f"{clean(letter.letter_id)}: discarded")
    typer.echo(f"The journal {journal.path} keeps who, when, why and the whole message.")


def _put_back(
    there: Reach,
    held: HeldLetters,
    letters: Sequence[DeadLetter],
    oldest: datetime | None,
    now: datetime,
) -> list[Outcome]:
    """Put back those that are not too old; print what became of every one."""
    young = sorted(
        (letter for letter in letters if not _too_old(letter, oldest)), key=attrgetter("since")
    )
    for letter in letters:
        if _too_old(letter, oldest):
            typer.echo(_why_too_old(letter, now))
    if not young:
        return []
    outcomes = put_back(young, held, there.publisher(young[0].subscription))
    for letter, outcome in zip(young, outcomes, strict=True):
        queue = letter.subscription.queue
        typer.echo(f"{clean(letter.letter_id)} -> {queue}: {_OUTCOMES[outcome]}")
    return outcomes


def _too_old(letter: DeadLetter, oldest: datetime | None) -> bool:
    return oldest is not None and (letter.said_at is None or letter.said_at < oldest)


def _why_too_old(letter: DeadLetter, now: datetime) -> str:
    known = f"is from {moment(letter.said_at, now)}" if letter.said_at else "does not say its age"
    return (
        f"{clean(letter.letter_id)} -> {letter.subscription.queue}: NOT put back: it {known}. "
        f"Messages taken are remembered for {INBOX_KEPT.days} days; past {REPLAYABLE.days} a copy "
        "that did take effect may be forgotten, and this one would take effect again. If you are "
        "sure that it never did (`muster dead-letters show`), add --even-if-old."
    )


def _oldest(
    there: Reach, subscription: Subscription, limit: int, choice: Choice
) -> tuple[list[DeadLetter], int]:
    """Return the oldest letters, one at least if there are any, and how many there are."""
    oldest: list[DeadLetter] = []
    seen = 0
    with there.held(subscription) as held:
        for batch in _batches(held, choice):
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


def _find(there: Reach, letter_ids: Collection[str], choice: Choice) -> list[DeadLetter]:
    found: list[DeadLetter] = []
    for subscription in there.subscriptions:
        with there.held(subscription) as held:
            for batch in _batches(held, choice):
                found += [letter for letter in batch if letter.letter_id in letter_ids]
    return found


def _batches(held: HeldLetters, choice: Choice) -> Iterator[list[DeadLetter]]:
    """Yield all letters. A queue that is not there holds none, unless it was asked for by name."""
    try:
        while batch := held.take(AT_ONCE):
            yield batch
    except QueueMissing:
        if choice.queue is not None:
            raise


def _demand(letter_ids: Collection[str], letters: Sequence[DeadLetter]) -> None:
    if missing := set(letter_ids) - {letter.letter_id for letter in letters}:
        raise _unknown(missing)


def _unknown(letter_ids: Collection[str]) -> CannotRun:
    names = ", ".join(sorted(map(clean, letter_ids)))
    return CannotRun(
        f"No dead letter of this id: {names}. It may have been replayed or discarded, or somebody "
        "else holds it at this moment. `muster dead-letters list` shows what there is."
    )
