"""ApproveRequest: the enterprise says yes to what was proposed."""

from muster.access import Caller
from muster.contracts.vocabulary.identifiers import RequestId
from muster.contracts.vocabulary.statuses import REQUEST, RequestStatus
from muster.storage.unit_of_work import UnitOfWork
from services.matching.domain.request import Request
from services.matching.engine.policy import Policy
from services.matching.judging import must_pass
from services.matching.use_cases.confirming import confirm
from services.matching.use_cases.dealing import lock_request_of, offers_of


def approve_request(
    work: UnitOfWork, caller: Caller, request_id: RequestId, policy: Policy
) -> Request:
    """Confirm a proposed request.

    Raises NotFound, IllegalTransition, or Conflict if a proposed provider has just ceased to pass
    the rules of standing and law (the request is then sourced again by itself).
    """
    request = lock_request_of(work, caller, request_id)
    REQUEST.check(request.status, RequestStatus.CONFIRMED)
    found = offers_of(work, request_id)
    must_pass(
        work.connection,
        request,
        [offer for offer in found if offer.is_binding],
        policy,
        work.now,
        "Others are being asked; look at the request again in a moment.",
    )
    return confirm(work, request, found, "approved")
