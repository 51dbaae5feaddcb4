"""An operator vets, activates, suspends or expels a member; a member may withdraw itself."""

from muster.access import Caller, Permission
from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.contracts.vocabulary.statuses import MEMBER, MemberStatus
from muster.storage.unit_of_work import UnitOfWork
from services.registry.domain.organisation import Organisation
from services.registry.tables import ORGANISATIONS
from services.registry.use_cases.expiry import EXPIRY_TIMER
from services.registry.use_cases.record import announce_member


def move_organisation(
    work: UnitOfWork,
    caller: Caller,
    organisation_id: OrganisationId,
    wanted: MemberStatus,
    reason: str,
) -> Organisation:
    """Take a step in a member's life.

    Raises NotFound for a stranger, Forbidden for a member that wants more than to withdraw,
    IllegalTransition.
    """
    caller.must_see("organisation", organisation_id, organisation_id)
    if wanted is not MemberStatus.WITHDRAWN:
        caller.require(Permission.ORGANISATIONS_GOVERN)
    before = ORGANISATIONS.get(work.connection, organisation_id, lock=True)
    after = before.become(wanted)
    ORGANISATIONS.save(work, after)
    work.remember_step(MEMBER.thing, organisation_id, before.status, after.status, reason)
    announce_member(work, after)
    if after.has_left:
        # Nobody relies on the papers of a former member any more, so nobody is told they ran out.
        for authorisation in after.authorisations:
            work.unschedule(EXPIRY_TIMER, authorisation.authorisation_id)
    return after
