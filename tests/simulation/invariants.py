"""What must hold at every instant, and what must hold once everything has come to rest."""

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import Table, func, select, union_all

from muster.contracts.vocabulary.statuses import (
    JOB,
    OFFER,
    REQUEST,
    BookingStatus,
    OfferStatus,
    RequestStatus,
    ReviewStatus,
)
from services.dispatch import tables as dispatch
from services.matching import tables as matching
from services.matching.queries import overbooked
from services.notify import tables as notify
from services.registry import tables as registry
from tests.simulation.lawfulness import check_lawful
from tests.simulation.machinery import Machinery

BINDING = (OfferStatus.ACCEPTED, OfferStatus.COMMITTED)
FILLED = (
    select(matching.offers.c.need_id, func.sum(matching.offers.c.quantity))
    .where(matching.offers.c.status.in_(BINDING))
    .group_by(matching.offers.c.need_id)
)


KEPT_BY_THE_ENDED = (
    select(matching.bookings.c.booking_id, matching.requests.c.status)
    .join(matching.requests, matching.requests.c.request_id == matching.bookings.c.request_id)
    .where(
        matching.bookings.c.status != BookingStatus.RELEASED,
        matching.requests.c.status.in_([s for s in RequestStatus if REQUEST.is_final(s)]),
    )
)

WAITING_OFFERS = select(matching.offers.c.offer_id).where(
    matching.offers.c.status == OfferStatus.SENT
)

HEARD = union_all(
    select(matching.members.c.organisation_id, matching.members.c.version),
    select(matching.capabilities.c.capability_id, matching.capabilities.c.version),
    select(matching.jobs.c.job_id, matching.jobs.c.version),
)


def check_now(machinery: Machinery, asked: Mapping[str, int]) -> None:
    """No capability is over capacity, no need is filled beyond what was `asked` for it.

    What has ended holds nothing, nothing that was heard is overwritten by something older, and
    nobody is asked who may not serve.
    """
    with machinery.stores["matching"].read() as connection:
        assert overbooked(connection) == []
        kept = connection.execute(KEPT_BY_THE_ENDED).all()
        assert not kept, f"capacity is still taken by what has ended: {kept}"
        for identifier, version in connection.execute(HEARD):
            assert version >= machinery.heard.get(identifier, 0), f"{identifier} went back"
            machinery.heard[identifier] = version
        for need_id, quantity in connection.execute(FILLED):
            assert quantity <= asked[need_id], f"need {need_id} is filled with {quantity}"
        for offer_id in connection.execute(WAITING_OFFERS).scalars():
            if offer_id not in machinery.offered:
                machinery.offered.add(offer_id)
                offer = matching.OFFERS.get(connection, offer_id)
                check_lawful(connection, offer, machinery.matching.policy.pack)


def check_at_rest(machinery: Machinery, submitted: list[str]) -> None:
    """Every request has ended, whoever had to be told was, and nothing is held any more."""
    assert machinery.dead_letters() == []
    _check_projections(machinery)
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
        undecided = matching.REVIEWS.list(
            connection, matching.reviews.c.status == ReviewStatus.OPEN
        )
        assert not undecided, "a review was left open"
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


def _check_projections(machinery: Machinery) -> None:
    """Whoever keeps a copy of what the registry says has the newest version of each thing."""
    members = _versions(machinery, "registry", registry.organisations)
    assert _versions(machinery, "matching", matching.members) == members
    assert _versions(machinery, "notify", notify.members) == members
    published = _versions(machinery, "registry", registry.capabilities)
    assert _versions(machinery, "matching", matching.capabilities) == published


def _versions(machinery: Machinery, service: str, table: Table) -> dict[str, int]:
    [key] = table.primary_key.columns
    with machinery.stores[service].read() as connection:
        rows = connection.execute(select(key, table.c.version)).all()
    return {row[0]: row[1] for row in rows}
