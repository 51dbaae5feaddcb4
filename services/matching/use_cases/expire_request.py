"""ExpireRequest: it was not confirmed in time."""

from muster.contracts.vocabulary.identifiers import RequestId
from muster.contracts.vocabulary.statuses import RequestStatus
from muster.storage.unit_of_work import UnitOfWork
from services.matching import announcements
from services.matching.domain.request import Request
from services.matching.tables import REQUESTS
from services.matching.use_cases.ending import end_request


def expire_request(work: UnitOfWork, request_id: RequestId) -> None:
    """Let a request expire whose window has ended; does nothing if it was confirmed or is over."""
    request = REQUESTS.get(work.connection, request_id, lock=True)
    if request.is_open:
        _expire(work, request, "its window ended before it was confirmed")


def expire_approval(work: UnitOfWork, request_id: RequestId) -> None:
    """Let a request expire that was proposed and not approved in time; else does nothing."""
    request = REQUESTS.get(work.connection, request_id, lock=True)
    if request.status is RequestStatus.PROPOSED:
        _expire(work, request, "it was not approved in time")


def _expire(work: UnitOfWork, request: Request, reason: str) -> None:
    expired = request.become(RequestStatus.EXPIRED)
    end_request(work, request, expired, announcements.request_expired(expired, reason), reason)
