"""SubmitRequest: an enterprise asks for protection."""

from dataclasses import dataclass

from muster.access import Caller
from muster.contracts.vocabulary.attributes import Requirement
from muster.contracts.vocabulary.errors import InputRefused
from muster.contracts.vocabulary.identifiers import NeedId, OrganisationId, Prefix, RequestId
from muster.contracts.vocabulary.kinds import Urgency
from muster.contracts.vocabulary.values import Place, Window
from muster.storage.unit_of_work import UnitOfWork
from services.matching import announcements, timers
from services.matching.domain.request import Need, Request
from services.matching.domain.terms import Principal, Terms
from services.matching.tables import REQUESTS


@dataclass(frozen=True)
class AskedNeed:
    """So much of one kind, as the enterprise asks for it."""

    quantity: int
    required: Requirement
    preferred: Requirement | None
    splittable: bool
    optional: bool


@dataclass(frozen=True)
class SubmitRequest:
    """Everything an enterprise says of what it asks for."""

    reference: str
    needs: tuple[AskedNeed, ...]
    place: Place
    window: Window
    urgency: Urgency
    terms: Terms
    principal: Principal
    excluded_providers: frozenset[OrganisationId]


def submit_request(work: UnitOfWork, caller: Caller, asked: SubmitRequest) -> Request:
    """Record the request for the caller's organisation; sourcing begins with the event.

    Raises InputRefused if the window has ended or every need is optional.
    """
    _check(work, asked)
    request = Request(
        request_id=RequestId(work.ids.new(Prefix.REQUEST)),
        enterprise_id=caller.own_organisation(),
        reference=asked.reference,
        needs=tuple(_need(work, need) for need in asked.needs),
        place=asked.place,
        window=asked.window,
        urgency=asked.urgency,
        terms=asked.terms,
        principal=asked.principal,
        submitted_at=work.now,
        excluded_providers=asked.excluded_providers,
    )
    REQUESTS.add(work, request)
    work.remember_step("request", request.request_id, "", request.status)
    work.record(announcements.submitted(request), version=request.version)
    work.schedule(timers.REQUEST_EXPIRY, request.request_id, request.window.ends_at)
    return request


def _check(work: UnitOfWork, asked: SubmitRequest) -> None:
    if asked.window.ends_at <= work.now:
        raise InputRefused(
            "window.ends_at",
            f"is {asked.window.ends_at.isoformat()}, which has passed",
            f"a time after {work.now.isoformat()}",
        )
    if all(need.optional for need in asked.needs):
        raise InputRefused(
            "needs", "are all optional, so nothing is asked for", "at least one that is not"
        )


def _need(work: UnitOfWork, asked: AskedNeed) -> Need:
    return Need(
        need_id=NeedId(work.ids.new(Prefix.NEED)),
        quantity=asked.quantity,
        required=asked.required,
        preferred=asked.preferred,
        splittable=asked.splittable,
        optional=asked.optional,
    )
