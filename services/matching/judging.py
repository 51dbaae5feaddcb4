"""Judges again who was asked or has committed: do they still pass standing and law?"""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection

from muster.contracts.vocabulary.errors import Conflict
from muster.contracts.vocabulary.identifiers import OfferId
from services.matching import projection, reviews
from services.matching.domain.offer import Offer
from services.matching.domain.request import Request
from services.matching.engine.gate import ruling_of, standing_verdicts
from services.matching.engine.gate.case import is_armed
from services.matching.engine.model import Question
from services.matching.engine.policy import Matter, Policy
from services.matching.engine.verdicts import Ruling, Verdict

Objections = Mapping[OfferId, tuple[Verdict, ...]]


def objections_to(
    connection: Connection,
    request: Request,
    offers: Collection[Offer],
    policy: Policy,
    now: datetime,
) -> Objections:
    """Return, by offer, every rule of standing and law that its provider does not pass now.

    An offer without an objection is absent. The window of the request must not have ended.
    """
    if not offers:
        return {}
    providers = {offer.provider_id for offer in offers}
    members = projection.load_members(connection, providers | {request.enterprise_id})
    capabilities = projection.load_capabilities(
        connection, {offer.capability_id for offer in offers}
    )
    decisions = reviews.decisions_of(connection, providers)
    needs = {need.need_id: need for need in request.needs}
    found = {}
    for offer in offers:
        verdicts = standing_verdicts(
            request,
            needs[offer.need_id],
            capabilities[offer.capability_id].attributes,
            members.get(offer.provider_id),
            members.get(request.enterprise_id),
            request.ahead(now),
            policy,
            decisions.get(matter_of(offer)),
        )
        found[offer.offer_id] = tuple(v for v in verdicts if v.ruling is not Ruling.PASSED)
    return {offer_id: against for offer_id, against in found.items() if against}


def matter_of(offer: Offer) -> Matter:
    """Return what an operator would decide about this offer."""
    return Matter(offer.provider_id, offer.place.country, offer.kind, is_armed(offer.requirement))


def questions_of(offers: Collection[Offer], objections: Objections) -> tuple[Question, ...]:
    """Return what an operator can decide of these objections, by matter.

    Of a provider that fails another rule nothing is asked: no answer would help it.
    """
    asked: dict[Matter, dict[str, Verdict]] = {}
    for offer in offers:
        against = objections.get(offer.offer_id, ())
        if ruling_of(against) is Ruling.REVIEW:
            for verdict in against:
                asked.setdefault(matter_of(offer), {}).setdefault(verdict.key, verdict)
    return tuple(Question(matter, tuple(asked[matter].values())) for matter in sorted(asked))


def must_pass(
    connection: Connection,
    request: Request,
    offers: Collection[Offer],
    policy: Policy,
    now: datetime,
    what_to_do: str,
) -> None:
    """Pass silently, or raise Conflict that names the rules somebody does not pass any more.

    After the end of the window there is nothing to judge.
    """
    if request.window.ends_at <= now:
        return
    against = objections_to(connection, request, offers, policy, now)
    if against:
        verdicts = [verdict for offer_id in sorted(against) for verdict in against[offer_id]]
        wanted = "; ".join(dict.fromkeys(verdict.wanted for verdict in verdicts))
        raise Conflict(
            f"The provider does not pass {rules_of(verdicts)} any more. Wanted: {wanted}. "
            f"{what_to_do}"
        )


def rules_of(verdicts: Collection[Verdict]) -> str:
    """Return the names of the rules that do not pass, for a sentence."""
    return ", ".join(dict.fromkeys(verdict.rule for verdict in verdicts))
