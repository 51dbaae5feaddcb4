"""What operators were asked and what they decided: for them to read, and for the gate to follow."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import ColumnElement, Connection, bindparam, func, select

from muster.contracts.vocabulary.identifiers import OrganisationId, RequestId, ReviewId
from muster.contracts.vocabulary.statuses import RequestStatus, ReviewStatus
from services.matching.domain.review import Review
from services.matching.engine.policy import Decision, Decisions, Matter
from services.matching.tables import REVIEWS, requests, review_requests, reviews

SHOWN = 10  # so many of the requests that wait for a review are named with it
_AT_ONCE = 500  # ids in one statement; SQLite allows no more than 32,766
_SEARCHING = (RequestStatus.SUBMITTED.value, RequestStatus.SOURCING.value)
_WAITING = (
    select(review_requests.c.review_id, review_requests.c.request_id)
    .join(requests, requests.c.request_id == review_requests.c.request_id)
    .where(requests.c.status.in_(_SEARCHING))
)
_WAITING_FOR = _WAITING.where(review_requests.c.review_id == bindparam("review")).order_by(
    review_requests.c.request_id
)
_WAITING_FOR_DECISION = (
    _WAITING.join(reviews, reviews.c.review_id == review_requests.c.review_id)
    .where(
        reviews.c.provider_id == bindparam("provider"),
        reviews.c.status == ReviewStatus.OPEN.value,
    )
    .order_by(review_requests.c.request_id)
)
_DECIDED_OF = REVIEWS.finder(
    reviews.c.revision > 0,
    reviews.c.provider_id.in_(bindparam("providers", expanding=True)),
)
_DECIDED_SINCE = REVIEWS.finder(
    reviews.c.revision > 0,
    reviews.c.provider_id.in_(
        select(reviews.c.provider_id).where(reviews.c.revision > bindparam("known"))
    ),
)
_RANKED = _WAITING.add_columns(
    func.count().over(partition_by=review_requests.c.review_id).label("waiting"),
    func.row_number()
    .over(partition_by=review_requests.c.review_id, order_by=review_requests.c.request_id.desc())
    .label("rank"),
)


@dataclass(frozen=True)
class ReviewReading:
    """A review, how many requests wait for its answer, and the newest of them."""

    review: Review
    waiting: int
    newest: tuple[RequestId, ...]


def get_review(connection: Connection, review_id: ReviewId) -> ReviewReading:
    """Return a review for operators; raise NotFound."""
    return read(connection, REVIEWS.get(connection, review_id))


def list_reviews(
    connection: Connection, *, status: ReviewStatus | None, after: str | None, limit: int
) -> list[ReviewReading]:
    """Return reviews for operators, the one that was opened first first."""
    where: list[ColumnElement[bool]] = []
    if status is not None:
        where.append(reviews.c.status == status.value)
    if after is not None:
        where.append(reviews.c.review_id > after)
    found = REVIEWS.list(connection, *where, limit=limit)
    waiting = _who_waits(connection, [review.review_id for review in found])
    return [_reading(review, waiting) for review in found]


def read(connection: Connection, review: Review) -> ReviewReading:
    """Return a review with who waits for it."""
    return _reading(review, _who_waits(connection, [review.review_id]))


def waiting_for(connection: Connection, review_id: ReviewId) -> tuple[RequestId, ...]:
    """Return every request that still looks for providers and asked for this review, by id."""
    found = connection.execute(_WAITING_FOR, {"review": review_id}).all()
    return tuple(RequestId(row.request_id) for row in found)


def waiting_for_decision_on(
    connection: Connection, provider_id: OrganisationId
) -> tuple[RequestId, ...]:
    """Return every request that waits for an open review of this provider, by id."""
    found = connection.execute(_WAITING_FOR_DECISION, {"provider": provider_id})
    return tuple(dict.fromkeys(RequestId(row.request_id) for row in found))


def decisions_of(connection: Connection, provider_ids: Collection[OrganisationId]) -> Decisions:
    """Return what is decided of these providers, by matter."""
    found: dict[Matter, Decision] = {}
    for some in _batches(sorted(provider_ids)):
        found |= _decided(_DECIDED_OF(connection, providers=some))
    return found


def decisions_since(connection: Connection, revision: int) -> Decisions:
    """Return what is decided of every provider of whom anything was after this revision."""
    return _decided(_DECIDED_SINCE(connection, known=revision))


def matter_of(review: Review) -> Matter:
    """Return what a review is about."""
    return Matter(review.provider_id, review.country, review.kind, review.armed)


def decision_on(decided: Iterable[Review]) -> Decision | None:
    """Return what the decided reviews of one matter amount to; None if there are none.

    The latest word counts, for every rule that it and earlier words to the same effect were about.
    What earlier words to the contrary were about is asked anew if it ever stands in the way again.
    """
    known = sorted(decided, key=lambda review: review.revision)
    if not known:
        return None
    latest = known[-1]
    same = [review for review in known if review.status is latest.status]
    return Decision(
        review_id=latest.review_id,
        cleared=latest.status is ReviewStatus.CLEARED,
        keys=frozenset(key for review in same for key in review.keys),
        reason=latest.reason,
    )


_Waiting = Mapping[str, tuple[int, tuple[RequestId, ...]]]


def _who_waits(connection: Connection, review_ids: Collection[ReviewId]) -> _Waiting:
    """Return, by review, how many requests wait for it and the newest of them."""
    ranked = _RANKED.where(review_requests.c.review_id.in_(review_ids)).subquery()
    query = select(ranked).where(ranked.c.rank <= SHOWN).order_by(ranked.c.review_id, ranked.c.rank)
    return {
        review_id: (rows[0].waiting, tuple(RequestId(row.request_id) for row in rows))
        for review_id, group in groupby(connection.execute(query), key=lambda row: row.review_id)
        if (rows := list(group))
    }


def _reading(review: Review, waiting: _Waiting) -> ReviewReading:
    count, newest = waiting.get(review.review_id, (0, ()))
    return ReviewReading(review, count, newest)


def _decided(decided: Iterable[Review]) -> Mapping[Matter, Decision]:
    known = sorted(decided, key=matter_of)
    found = {matter: decision_on(group) for matter, group in groupby(known, key=matter_of)}
    return {matter: decision for matter, decision in found.items() if decision is not None}


def _batches(identifiers: list[OrganisationId]) -> Iterator[list[OrganisationId]]:
    return (identifiers[start : start + _AT_ONCE] for start in range(0, len(identifiers), _AT_ONCE))
