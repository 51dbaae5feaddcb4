"""RestateMember: say a member again as it is, for whoever keeps more of it than before."""

from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.storage.unit_of_work import UnitOfWork
from services.registry.tables import ORGANISATIONS
from services.registry.use_cases.record import announce_member

RESTATEMENT_TIMER = "restatement"  # set by a migration; subject: organisation


def restate_member(work: UnitOfWork, organisation_id: OrganisationId) -> None:
    """Say all there is to know of a member, with the version it has: nothing has changed."""
    organisation = ORGANISATIONS.find(work.connection, organisation_id, lock=True)
    if organisation is not None:
        announce_member(work, organisation)
