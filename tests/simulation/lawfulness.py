"""Who may be asked, in this small world: told in a few lines, without the engine's help."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam

from muster.contracts.vocabulary.kinds import AuthorisationKind, CapabilityKind
from muster.contracts.vocabulary.statuses import ReviewStatus
from services.matching import tables as matching
from services.matching.domain.offer import Offer
from services.matching.engine.law.rules import RulePack
from services.matching.projection import load_members

_ANSWERS = matching.REVIEWS.finder(
    matching.reviews.c.provider_id == bindparam("provider"),
    matching.reviews.c.kind == bindparam("kind"),
    matching.reviews.c.revision > 0,
    order_by=matching.reviews.c.revision,
)


def check_lawful(connection: Connection, offer: Offer, packs: Sequence[RulePack]) -> None:
    """Whoever was just asked is an active member, licensed, and cleared where the law is unsure.

    While other rules are deployed, some workers go by those and some by the ones before.
    """
    provider = load_members(connection, [offer.provider_id])[offer.provider_id]
    assert provider.is_active, f"{offer.offer_id} asks a provider that is {provider.status}"
    assert offer.enterprise_id not in provider.conflicts
    assert any(
        paper.kind is AuthorisationKind.LICENCE
        and paper.allows(offer.kind, "KH", armed=False)
        and paper.holds_through(offer.window)
        for paper in provider.papers
    )
    if offer.kind is CapabilityKind.GUARDS:
        foreign = provider.home_country != "KH"
        problems = [_problem(connection, offer, pack, foreign=foreign) for pack in packs]
        assert "" in problems, f"{offer.offer_id} asks {problems}"


def _problem(connection: Connection, offer: Offer, pack: RulePack, *, foreign: bool) -> str:
    """Return what speaks against asking for these guards by these rules; nothing if nothing."""
    rules = {rule.rule_id: rule for rule in pack.rules}
    if foreign and "kh.foreign" in rules:
        return "a foreigner who is barred"
    licence = rules["kh.licence"]
    answer = last_answer(connection, offer, f"{licence.rule_id}@{licence.fingerprint}")
    return "" if answer is ReviewStatus.CLEARED else f"who is {answer}"


def last_answer(connection: Connection, offer: Offer, key: str) -> ReviewStatus | None:
    """Return what an operator said last of this provider in view of this rule."""
    found = _ANSWERS(connection, provider=offer.provider_id, kind=offer.kind.value)
    about = [review.status for review in found if key in review.keys]
    return about[-1] if about else None
