"""What can be wrong with an HTTP request that the vocabulary has no word for."""

from muster.contracts.vocabulary.errors import Conflict, DomainError, MusterError


class IdempotencyKeyReused(DomainError):
    """The key was used before, for something else."""

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was already used for a different request. Use a new key for a "
            "new request, and repeat the old one unchanged to see its answer again."
        )


class ShownOnlyOnce(Conflict):
    """The request was done, but its answer held a secret that is not kept."""

    def __init__(self) -> None:
        super().__init__(
            "This request was already done; its answer held a secret that was shown once and is "
            "not kept. If it was lost, revoke what was created and create another with a new key."
        )


class MalformedBody(MusterError):
    """The body is not JSON at all."""


class BodyTooLarge(MusterError):
    """The body is larger than the platform reads."""


class BodyTooSlow(MusterError):
    """The body did not arrive in time."""


class UnsupportedMediaType(MusterError):
    """The body is not of a type this endpoint reads."""
