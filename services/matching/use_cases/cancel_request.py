"""CancelRequest: the enterprise, or an operator, withdraws a request."""

from muster.access import Caller
from muster.contracts.vocabulary.identifiers import RequestId
from muster.contracts.vocabulary.statuses import RequestStatus
from muster.storage.unit_of_work import UnitOfWork
from services.matching import announcements
from services.matching.domain.request import Request
from services.matching.use_cases.dealing import lock_request_of
from services.matching.use_cases.ending import end_request


def cancel_request(work: UnitOfWork, caller: Caller, request_id: RequestId, reason: str) -> Request:
    """Cancel in any state that is not final; everything it held is released.

    Raises NotFound or IllegalTransition.
    """
    request = lock_request_of(work, caller, request_id)
    cancelled = request.become(RequestStatus.CANCELLED)
    event = announcements.cancelled(cancelled, reason)
    # The enterprise's own words may name whom to protect; not every offer was committed.
    return end_request(
        work, request, cancelled, event, reason, told_providers="the request was cancelled"
    )
