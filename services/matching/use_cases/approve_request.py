"""ApproveRequest: the enterprise says yes to what was proposed."""

from muster.access import Caller
from muster.contracts.vocabulary.errors import Conflict
from muster.contracts.vocabulary.identifiers import RequestId
from muster.contracts.vocabulary.statuses import REQUEST, MemberStatus, RequestStatus
from muster.storage.unit_of_work import UnitOfWork
from services.matching import projection
from services.matching.domain.request import Request
from services.matching.use_cases.confirming import confirm
from services.matching.use_cases.dealing import lock_request_of, offers_of


def approve_request(work: UnitOfWork, caller: Caller, request_id: RequestId) -> Request:
    """Confirm a proposed request.

    Raises NotFound, IllegalTransition, or Conflict if a proposed provider has just lost its
    standing (the request is then sourced again by itself).
    """
    request = lock_request_of(work, caller, request_id)
    REQUEST.check(request.status, RequestStatus.CONFIRMED)
    _providers_must_be_active(work, request)
    return confirm(work, request, offers_of(work, request_id), "approved")


def _providers_must_be_active(work: UnitOfWork, request: Request) -> None:
    wanted = {assignment.provider_id for assignment in request.assignments}
    standing = projection.standing_of(work.connection, sorted(wanted))
    if any(standing.get(provider_id) is not MemberStatus.ACTIVE for provider_id in wanted):
        raise Conflict(
            "A provider of this proposal is no longer an active member. Others are being asked; "
            "look at the request again in a moment."
        )
