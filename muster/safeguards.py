"""The safeguards a test may remove, one at a time, to see that it would notice.

All are there, always, unless `MUSTER_WITHOUT` names some; only a test may set it
(`muster.switches`). Whoever keeps a safeguard is told at its making which are missing.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_settings import NoDecode


class Safeguard(StrEnum):
    """What keeps a promise, and is in vain if no test ever needs it."""

    INBOX = "inbox"  # a message that comes again has no effect
    ACK_AFTER_COMMIT = "ack-after-commit"  # or a crash would lose what was acked
    HOLD_CHECK = "hold-check"  # an engine that errs cannot overbook
    OUTBOX_ORDER = "outbox-order"  # what happened first is said first
    RESTORATION = "restoration"  # whoever makes a queue that was lost asks for what it missed
    DRAIN = "drain"  # a worker that is told to stop finishes what it has in hand


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    names = [name for name in value.split(",") if name]
    if unknown := sorted(set(names) - set(Safeguard)):
        raise ValueError(f"unknown safeguards {unknown}; choose from {[*map(str, Safeguard)]}")
    return names


Safeguards = frozenset[Safeguard]
Without = Annotated[Safeguards, NoDecode, BeforeValidator(_split)]

NOTHING: Safeguards = frozenset()  # is missing: the only right value outside of a test
