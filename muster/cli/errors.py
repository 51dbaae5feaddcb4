"""What can go wrong with a command; the message is all its user gets to see."""

from typing import ClassVar

from muster.contracts.vocabulary.errors import MusterError


class CannotRun(MusterError):
    """A command cannot do what was asked. The message says why and what to do next."""

    exit_code: ClassVar[int] = 1


class InputUnusable(CannotRun):
    """What a command was given to work on cannot be used: unreadable, malformed, inconsistent."""

    exit_code: ClassVar[int] = 2
