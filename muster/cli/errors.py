"""What can go wrong with a command; the message is all its user gets to see."""

from muster.contracts.vocabulary.errors import MusterError


class CannotRun(MusterError):
    """A command cannot do what was asked. The message says why and what to do next."""
