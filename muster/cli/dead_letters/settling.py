"""Replaying and discarding dead letters."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import attrgetter

import typer

from muster.cli.dead_letters.finding import batches, demand, find, unknown
from muster.cli.dead_letters.journal import Journal
from muster.cli.dead_letters.reach import Choice, Reach, reach
from muster.cli.dead_letters.wording import clean, moment, row
from muster.cli.errors import CannotRun, InputUnusable
from muster.clock import Clock, SystemClock
from muster.messaging.dead_letters import HeldLetters, put_back
from muster.messaging.letters import DeadLetter
from muster.messaging.ports import Outcome
from muster.storage.retention import INBOX_KEPT

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
                for batch in batches(held, choice):
                    meant = [x for x in batch if everything or x.letter_id in wanted]
                    met |= {letter.letter_id for letter in meant}
                    outcomes = _put_back(there, held, meant, oldest, now)
                    done += outcomes.count(Outcome.CONFIRMED)
                    failed += len(meant) - outcomes.count(Outcome.CONFIRMED)
                    if Outcome.UNKNOWN in outcomes:
                        raise CannotRun("Stopped there: RabbitMQ does not confirm. See above.")
    typer.echo(f"{done} put back." if done or failed else "No dead letters to put back.")
    if missing := wanted - met:
        raise unknown(missing)
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
        letters = find(there, wanted, choice)
    demand(wanted, letters)
    for letter in letters:
        typer.echo(f"{letter.subscription.queue}:\n{row(letter, now)}")
    if not yes:
        # Nothing is held meanwhile: whoever is asked may take the night to answer.
        typer.confirm(f"Throw away {len(letters)}, for good?", abort=True)
    with reach(choice) as there:
        for subscription in dict.fromkeys(letter.subscription for letter in letters):
            with there.held(subscription) as held:
                for batch in batches(held, choice):
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
