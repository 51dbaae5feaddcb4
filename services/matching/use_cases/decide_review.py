"""DecideReview: an operator answers what the rules leave open, or learns better later."""

from muster.access import Caller
from muster.contracts.vocabulary.identifiers import ReviewId
from muster.contracts.vocabulary.statuses import ReviewStatus
from muster.storage.unit_of_work import UnitOfWork
from services.matching import announcements, timers
from services.matching.domain.review import Review
from services.matching.reviews import waiting_for
from services.matching.revisions import next_revision
from services.matching.tables import REVIEWS


def decide_review(
    work: UnitOfWork, caller: Caller, review_id: ReviewId, answer: ReviewStatus, reason: str
) -> Review:
    """Keep the answer, for the matter and the rules it is about; every later round follows it.

    Requests that wait for it are sourced again at once, and whoever serves by an earlier answer
    is judged again, each in a transaction of its own. Raises NotFound or IllegalTransition.
    """
    revision = next_revision(work.connection)  # before the review's lock, as everybody takes them
    review = REVIEWS.get(work.connection, review_id, lock=True)
    decided = review.decided(
        answer, by=caller.actor.name, reason=reason, now=work.now, revision=revision
    )
    REVIEWS.save(work, decided)
    work.remember_step("review", review_id, review.status, decided.status, reason)
    work.record(announcements.review_decided(decided), version=decided.version)
    for request_id in waiting_for(work.connection, review_id):
        work.schedule(timers.SOURCING, request_id, work.now)
    work.schedule(timers.MEMBER_RECHECK, decided.provider_id, work.now)
    return decided
