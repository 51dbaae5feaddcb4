"""What operators decide and watch: reviews, flags, and the rule packs that came into force."""

from typing import Annotated

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.responses import Response

from muster.access import Permission
from muster.contracts.vocabulary.identifiers import RequestId, ReviewId
from muster.contracts.vocabulary.statuses import ReviewStatus
from muster.storage.unit_of_work import UnitOfWork
from muster.web import Command, Page, Paging, Query, command_in, page_of, query_in
from services.matching import adoptions, flags, reviews
from services.matching.domain.flag import FlagStatus
from services.matching.schemas import DecisionBody
from services.matching.use_cases.decide_review import decide_review
from services.matching.views.reviews import FlagView, ReviewView, RulePackView

router = APIRouter(prefix="/v1")

Read = Annotated[Query, query_in("matching", Permission.REVIEWS_READ)]
Decide = Annotated[Command, command_in("matching", Permission.REVIEWS_DECIDE)]


@router.get("/reviews", response_model=Page[ReviewView], tags=["reviews"])
def list_reviews(query: Read, paging: Paging, status: ReviewStatus | None = None) -> Response:
    """List what the rules leave to operators, the one that was opened first first."""

    def answer(connection: Connection) -> Page[ReviewView]:
        found = reviews.list_reviews(
            connection, status=status, after=paging.after, limit=paging.limit
        )
        views = [ReviewView.of(reading) for reading in found]
        return page_of(views, paging.limit, lambda review: review.review_id)

    return query.answer(answer)


@router.get("/reviews/{review_id}", response_model=ReviewView, tags=["reviews"])
def get_review(review_id: ReviewId, query: Read) -> Response:
    """Look at one review: what each rule says, where it comes from, and who waits."""
    return query.answer(lambda connection: ReviewView.of(reviews.get_review(connection, review_id)))


@router.post("/reviews/{review_id}/decision", response_model=ReviewView, tags=["reviews"])
def post_decision(review_id: ReviewId, body: DecisionBody, command: Decide) -> Response:
    """Clear or refuse, with a reason. You may decide otherwise later; whoever serves by the
    earlier decision is then judged again.
    """

    def decided(work: UnitOfWork) -> ReviewView:
        review = decide_review(
            work, command.caller, review_id, ReviewStatus(body.decision), body.reason
        )
        return ReviewView.of(reviews.read(work.connection, review))

    return command.execute(decided)


@router.get("/flags", response_model=Page[FlagView], tags=["reviews"])
def list_flags(
    query: Read,
    paging: Paging,
    status: FlagStatus | None = None,
    request_id: RequestId | None = None,
) -> Response:
    """List who is committed and does not pass the rules any more (status raised), or did not."""

    def answer(connection: Connection) -> Page[FlagView]:
        found = flags.list_flags(
            connection,
            status=status,
            request_id=request_id,
            after=paging.after,
            limit=paging.limit,
        )
        views = [FlagView.of(flag, whole=True) for flag in found]
        return page_of(views, paging.limit, lambda flag: flag.flag_id)

    return query.answer(answer)


@router.get("/rule-packs", response_model=Page[RulePackView], tags=["reviews"])
def list_rule_packs(query: Read, paging: Paging) -> Response:
    """List which rule packs came into force, the latest first, and what each has changed."""

    def answer(connection: Connection) -> Page[RulePackView]:
        found = adoptions.list_adoptions(connection, after=paging.after, limit=paging.limit)
        views = [RulePackView.of(adoption) for adoption in found]
        return page_of(views, paging.limit, lambda adopted: str(adopted.sequence))

    return query.answer(answer)
