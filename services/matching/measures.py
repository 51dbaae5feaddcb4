"""How things stand in matching, for the gauges that operators see."""

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, func, select

from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.contracts.vocabulary.statuses import (
    REQUEST,
    AuthorisationStatus,
    BookingStatus,
    RequestStatus,
    ReviewStatus,
)
from muster.observability import metrics_of_work as metrics
from muster.observability.measuring import set_all
from muster.storage.documents import in_document
from muster.storage.measures import by_labels
from services.matching import projection
from services.matching.domain.member import Member
from services.matching.live_index import LiveIndex
from services.matching.tables import REVIEWS, bookings, capabilities, requests, reviews

_OPEN = [status.value for status in RequestStatus if not REQUEST.is_final(status)]
_TAKING = (BookingStatus.HELD.value, BookingStatus.CONFIRMED.value)
_SOON = {"1d": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30)}

Series = dict[tuple[str, ...], float]


def measure(connection: Connection, now: datetime, index: LiveIndex) -> None:
    """Set all gauges of matching."""
    _requests(connection)
    _capacity(connection, now)
    _reviews(connection, now)
    _papers(connection, now)
    _index(index, now)


def _requests(connection: Connection) -> None:
    urgency = in_document(connection, requests.c.document, "urgency")
    query = (
        select(requests.c.status, urgency, func.count())
        .where(requests.c.status.in_(_OPEN))
        .group_by(requests.c.status, urgency)
    )
    set_all(metrics.REQUESTS_OPEN, by_labels(connection, query))


def _capacity(connection: Connection, now: datetime) -> None:
    """Add up what is offered, what is booked now or ahead, and what nobody uses at this moment."""
    units: Series = {}
    field = capabilities.c.kind, capabilities.c.country
    used = (
        select(bookings.c.capability_id, func.sum(bookings.c.quantity).label("units"))
        .where(
            bookings.c.ends_at > now,
            bookings.c.starts_at <= now,
            bookings.c.status.in_(_TAKING),
        )
        .group_by(bookings.c.capability_id)
        .subquery()
    )
    free = capabilities.c.offered - func.coalesce(used.c.units, 0)
    offered = (
        select(
            *field,
            func.sum(capabilities.c.offered),
            func.sum(case((free > 0, free), else_=0)),
        )
        .join_from(
            capabilities,
            used,
            used.c.capability_id == capabilities.c.capability_id,
            isouter=True,
        )
        .where(capabilities.c.kind != "")
        .group_by(*field)
    )
    for kind, country, in_all, unused in connection.execute(offered):
        units[kind, country, "offered"] = float(in_all)
        units[kind, country, "free"] = float(unused)
        units[kind, country, "held"] = units[kind, country, "confirmed"] = 0.0
    booked = (
        select(*field, bookings.c.status, func.sum(bookings.c.quantity))
        .join_from(bookings, capabilities, capabilities.c.capability_id == bookings.c.capability_id)
        .where(bookings.c.ends_at > now, bookings.c.status.in_(_TAKING), capabilities.c.kind != "")
        .group_by(*field, bookings.c.status)
    )
    set_all(metrics.CAPACITY_UNITS, units | by_labels(connection, booked))


def _reviews(connection: Connection, now: datetime) -> None:
    undecided = reviews.c.status == ReviewStatus.OPEN.value
    waiting = func.sum(case((undecided, 1), else_=0))
    query = select(reviews.c.country, waiting).group_by(reviews.c.country)
    set_all(metrics.REVIEWS_WAITING, by_labels(connection, query))
    oldest = REVIEWS.list(connection, undecided, limit=1)  # ids rise with time
    age = (now - oldest[0].opened_at).total_seconds() if oldest else 0.0
    metrics.REVIEW_AGE.labels().set(age)


def _papers(connection: Connection, now: datetime) -> None:
    """Count what runs out soon of the papers of whoever has work to do."""
    query = (
        select(bookings.c.provider_id)
        .where(bookings.c.ends_at > now, bookings.c.status == BookingStatus.CONFIRMED.value)
        .distinct()
    )
    at_work = [OrganisationId(each) for each in connection.execute(query).scalars()]
    found: Series = defaultdict(float)
    for member in projection.load_members(connection, at_work).values():
        _count_papers(member, now, found)
    set_all(metrics.AUTHORISATIONS_EXPIRING, found)


def _count_papers(member: Member, now: datetime, found: Series) -> None:
    for paper in member.papers:
        if paper.status is not AuthorisationStatus.VERIFIED:
            continue
        for within, span in _SOON.items():
            found[member.home_country, paper.kind.value, within] += (
                now < paper.valid.ends_at <= now + span
            )


def _index(index: LiveIndex, now: datetime) -> None:
    metrics.INDEX_CAPABILITIES.labels().set(len(index))
    if index.synchronised_at is not None:
        metrics.INDEX_AGE.labels().set((now - index.synchronised_at).total_seconds())
