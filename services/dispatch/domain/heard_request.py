"""What dispatch has heard of a request, in whatever order the messages came."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from muster.contracts.vocabulary.identifiers import RequestId


@dataclass(frozen=True)
class HeardRequest:
    """A request that was confirmed, or cancelled, or both.

    Its row is also what two workers that hear both at the same instant queue for.
    """

    request_id: RequestId
    cancelled_at: datetime | None = None
    reason: str = ""
    version: int = 1

    def cancelled(self, occurred_at: datetime, reason: str) -> Self:
        """Return it with its cancellation; the first one counts."""
        if self.cancelled_at is not None:
            return self
        return replace(self, cancelled_at=occurred_at, reason=reason, version=self.version + 1)
