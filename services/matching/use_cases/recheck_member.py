"""RecheckMember: something about a member has changed; judge again whatever relies on it."""

from sqlalchemy import bindparam, or_, select

from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.storage.unit_of_work import UnitOfWork
from services.matching import timers
from services.matching.domain.offer import BINDING, WAITING
from services.matching.reviews import waiting_for_decision_on
from services.matching.tables import offers

_LIVE = sorted(status.value for status in WAITING | BINDING)
_OF_MEMBER = (
    select(offers.c.request_id)
    .where(
        or_(
            offers.c.provider_id == bindparam("member"),
            offers.c.enterprise_id == bindparam("member"),
        ),
        offers.c.status.in_(_LIVE),
    )
    .distinct()
    .order_by(offers.c.request_id)
)


def recheck_member(work: UnitOfWork, organisation_id: OrganisationId) -> None:
    """Have every request with a live offer by or for this member judged again at once.

    Each in a transaction of its own: one that fails holds up no other. Requests that wait for an
    operator to decide about the member are sourced again: it may not be in question any more.
    """
    concerned = work.connection.execute(_OF_MEMBER, {"member": organisation_id}).scalars()
    for request_id in concerned.all():
        work.schedule(timers.REQUEST_RECHECK, request_id, work.now)
    for request_id in waiting_for_decision_on(work.connection, organisation_id):
        work.schedule(timers.SOURCING, request_id, work.now)
