"""Going through the letters of the queues an operator has chosen."""

from collections.abc import Collection, Iterator, Sequence

from muster.cli.dead_letters.reach import Choice, Reach
from muster.cli.dead_letters.wording import clean
from muster.cli.errors import CannotRun
from muster.messaging.dead_letters import HeldLetters, QueueMissing
from muster.messaging.letters import DeadLetter

AT_ONCE = 100  # letters that are read, put back or thrown away together


def find(there: Reach, letter_ids: Collection[str], choice: Choice) -> list[DeadLetter]:
    """Return the letters of these ids, wherever they lie."""
    found: list[DeadLetter] = []
    for subscription in there.subscriptions:
        with there.held(subscription) as held:
            for batch in batches(held, choice):
                found += [letter for letter in batch if letter.letter_id in letter_ids]
    return found


def batches(held: HeldLetters, choice: Choice) -> Iterator[list[DeadLetter]]:
    """Yield all letters. A queue that is not there holds none, unless it was asked for by name."""
    try:
        while batch := held.take(AT_ONCE):
            yield batch
    except QueueMissing:
        if choice.queue is not None:
            raise


def demand(letter_ids: Collection[str], letters: Sequence[DeadLetter]) -> None:
    """Raise CannotRun, naming them, if there are ids of which there is no letter."""
    if missing := set(letter_ids) - {letter.letter_id for letter in letters}:
        raise unknown(missing)


def unknown(letter_ids: Collection[str]) -> CannotRun:
    """Return what to say of ids of which there is no letter."""
    names = ", ".join(sorted(map(clean, letter_ids)))
    return CannotRun(
        f"No dead letter of this id: {names}. It may have been replayed or discarded, or somebody "
        "else holds it at this moment. `muster dead-letters list` shows what there is."
    )
