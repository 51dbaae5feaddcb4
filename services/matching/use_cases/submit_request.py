"""SubmitRequest: an enterprise asks for protection."""

from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from muster.access import Caller
from muster.contracts.vocabulary.attributes import GuardRequirement, Requirement
from muster.contracts.vocabulary.errors import InputRefused
from muster.contracts.vocabulary.identifiers import Ids, NeedId, OrganisationId, Prefix, RequestId
from muster.contracts.vocabulary.kinds import Urgency
from muster.contracts.vocabulary.values import Place, Window
from muster.storage.unit_of_work import UnitOfWork
from services.matching import announcements, counting, timers
from services.matching.domain.request import Need, Request
from services.matching.domain.terms import HostStateProtection, Principal, Terms
from services.matching.engine.law.rules import RulePack
from services.matching.engine.law.state_power import Refusal, refusals
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
    tasks: frozenset[str] = frozenset()
    host_state_protection: HostStateProtection | None = None


def submit_request(
    work: UnitOfWork, caller: Caller, asked: SubmitRequest, rules: RulePack
) -> Request:
    """Record the request for the caller's organisation; sourcing begins with the event.

    Raises InputRefused if it may not be asked for (see `draft_of`).
    """
    request = draft_of(asked, caller.own_organisation(), work.now, work.ids, rules)
    REQUESTS.add(work, request)
    work.remember_step("request", request.request_id, "", request.status)
    work.record(announcements.submitted(request), version=request.version)
    work.schedule(timers.REQUEST_EXPIRY, request.request_id, request.window.ends_at)
    counting.submitted(work, request)
    return request


def draft_of(
    asked: SubmitRequest, enterprise_id: OrganisationId, now: datetime, ids: Ids, rules: RulePack
) -> Request:
    """Return what is asked for as a request that is kept nowhere yet; raises as `check` does."""
    check(asked, now, rules)
    return Request(
        request_id=RequestId(ids.new(Prefix.REQUEST)),
        enterprise_id=enterprise_id,
        reference=asked.reference,
        needs=tuple(_need(ids, need) for need in asked.needs),
        place=asked.place,
        window=asked.window,
        urgency=asked.urgency,
        terms=asked.terms,
        principal=asked.principal,
        submitted_at=now,
        excluded_providers=asked.excluded_providers,
        tasks=asked.tasks,
        host_state_protection=asked.host_state_protection,
    )


def check(asked: SubmitRequest, now: datetime, rules: RulePack) -> None:
    """Raise InputRefused for what nobody may ask for.

    That is: for a window that has ended, for needs that are all optional, for armed service by a
    record that is yet to be made, or for what only a state may do.
    """
    if asked.window.ends_at <= now:
        raise InputRefused(
            "window.ends_at",
            f"is {asked.window.ends_at.isoformat()}, which has passed",
            f"a time after {now.isoformat()}",
        )
    if all(need.optional for need in asked.needs):
        raise InputRefused(
            "needs", "are all optional, so nothing is asked for", "at least one that is not"
        )
    record = asked.host_state_protection
    if record is not None and record.established_at > now:
        raise InputRefused(
            "host_state_protection.established_at",
            f"is {record.established_at.isoformat()}, which is yet to come",
            f"when it was established, {now.isoformat()} at the latest",
        )
    _refuse_state_power(asked, rules)


def _refuse_state_power(asked: SubmitRequest, rules: RulePack) -> None:
    texts = {"reference": asked.reference, "principal.instructions": asked.principal.instructions}
    in_skills = (_in_skills(rules, number, need) for number, need in enumerate(asked.needs))
    for refusal in chain(refusals(rules, asked.tasks, texts), *in_skills):
        raise InputRefused(
            refusal.field,
            f"asks for {refusal.task} ({refusal.words!r}): {refusal.reason}",
            "protection of people and property; what only a state may do is for its authorities",
        )


def _in_skills(rules: RulePack, number: int, need: AskedNeed) -> tuple[Refusal, ...]:
    wishes = {"required": need.required, "preferred": need.preferred}
    return tuple(
        refusal
        for part, wish in wishes.items()
        if isinstance(wish, GuardRequirement)
        for refusal in refusals(rules, wish.skills, {}, slug_field=f"needs.{number}.{part}.skills")
    )


def _need(ids: Ids, asked: AskedNeed) -> Need:
    return Need(
        need_id=NeedId(ids.new(Prefix.NEED)),
        quantity=asked.quantity,
        required=asked.required,
        preferred=asked.preferred,
        splittable=asked.splittable,
        optional=asked.optional,
    )
