"""What must hold at every instant, and what must hold once everything has come to rest."""

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import func, select

from muster.contracts.vocabulary.statuses import (
    JOB,
    OFFER,
    REQUEST,
    BookingStatus,
    OfferStatus,
    RequestStatus,
)
from services.dispatch import tables as dispatch
from services.matching import tables as matching
from services.matching.queries import overbooked
from tests.simulation.machinery import Machinery

BINDING = (OfferStatus.ACCEPTED, OfferStatus.COMMITTED)
FILLED = (
    select(matching.offers.c.need_id, func.sum(matching.offers.c.quantity))
    .where(matching.offers.c.status.in_(BINDING))
    .group_by(matching.offers.c.need_id)
)


def check_now(machinery: Machinery, asked: Mapping[str, int]) -> None:
    """No capability is over capacity, and no need is filled beyond what was `asked` for it."""
    with machinery.stores["matching"].read() as connection:
        assert overbooked(connection) == []
        for need_id, quantity in connection.execute(FILLED):
            assert quantity <= asked[need_id], f"need {need_id} is filled with {quantity}"


def check_at_rest(machinery: Machinery, submitted: list[str]) -> None:
    """Every request has ended, whoever had to be told was, and nothing is held any more."""
    assert machinery.dead_letters() == []
    with machinery.stores["matching"].read() as connection:
        requests = {r.request_id: r for r in matching.REQUESTS.list(connection)}
        assert sorted(requests) == sorted(submitted)
        for request in requests.values():
            assert REQUEST.is_final(request.status), f"{request.request_id} is {request.status}"
        taken = connection.execute(
            select(func.count())
            .select_from(matching.bookings)
            .where(matching.bookings.c.status != BookingStatus.RELEASED)
        ).scalar_one()
        assert taken == 0, "capacity is still taken though everything has ended"
        offers = matching.OFFERS.list(connection)
        assert all(OFFER.is_final(offer.status) or offer.status in BINDING for offer in offers)
    with machinery.stores["dispatch"].read() as connection:
        jobs = dispatch.JOBS.list(connection)
    assert all(JOB.is_final(job.status) for job in jobs)
    jobs_of: dict[str, set[str]] = defaultdict(set)
    for job in jobs:
        assert job.provider_id not in jobs_of[job.request_id], "a provider has the same job twice"
        jobs_of[job.request_id].add(job.provider_id)
    for request_id, request in requests.items():
        if request.status is RequestStatus.CLOSED:
            committed = {o.provider_id for o in offers if o.request_id == request_id} & jobs_of[
                request_id
            ]
            assert committed, "a closed request never had a job"
