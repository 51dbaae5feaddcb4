"""LookAgain: somebody may have come who can serve a request that waits for an operator."""

from muster.contracts.vocabulary.identifiers import RequestId
from muster.storage.unit_of_work import UnitOfWork
from services.matching import timers
from services.matching.domain.request import Request
from services.matching.matcher import Matcher
from services.matching.revisions import newest_revision
from services.matching.tables import REQUESTS
from services.matching.use_cases.source_requests import source_requests


def look_again(work: UnitOfWork, request_id: RequestId, matcher: Matcher) -> None:
    """Source a request again if its last round might end otherwise now, else wait on.

    It is not one of the request's tries, and it is repeated for as long as the request waits.
    """
    request = REQUESTS.get(work.connection, request_id, lock=True)
    if not request.awaits_sourcing(work.now):
        return
    if _may_end_otherwise(work, request):
        source_requests(work, [request_id], matcher, explains_repeats=False)
    else:
        work.schedule(timers.LOOK_AGAIN, request_id, work.now + matcher.patience.look)


def _may_end_otherwise(work: UnitOfWork, request: Request) -> bool:
    """Tell whether a member, capability or decision is new, or capacity held by others is missed.

    Time alone opens no way to anybody before the window has begun; then late help will do.
    """
    begun = request.window.starts_at <= work.now
    held = any(shortfall.may_come_back for shortfall in request.shortfalls)
    return begun or held or newest_revision(work.connection) != request.known
