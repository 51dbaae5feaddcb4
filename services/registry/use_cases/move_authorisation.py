"""An operator verifies a recorded paper, or revokes it."""

from muster.contracts.vocabulary.identifiers import AuthorisationId, OrganisationId
from muster.contracts.vocabulary.statuses import AUTHORISATION, AuthorisationStatus
from muster.storage.unit_of_work import UnitOfWork
from services.registry.domain.authorisation import Authorisation
from services.registry.tables import ORGANISATIONS
from services.registry.use_cases.expiry import keep_expiry_timer
from services.registry.use_cases.record import announce_member


def move_authorisation(
    work: UnitOfWork,
    organisation_id: OrganisationId,
    authorisation_id: AuthorisationId,
    wanted: AuthorisationStatus,
    reason: str,
) -> Authorisation:
    """Take a step in an authorisation's life; a verified one expires when its paper runs out.

    Raises NotFound, IllegalTransition, InputRefused for a paper that ran out before it was
    verified, or Conflict for a former member.
    """
    before = ORGANISATIONS.get(work.connection, organisation_id, lock=True)
    after = before.move_authorisation(authorisation_id, wanted, work.now)
    ORGANISATIONS.save(work, after)
    moved = after.authorisation(authorisation_id)
    was = before.authorisation(authorisation_id).status
    work.remember_step(AUTHORISATION.thing, authorisation_id, was, moved.status, reason)
    keep_expiry_timer(work, moved)
    announce_member(work, after)
    return moved
