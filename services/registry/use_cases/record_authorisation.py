"""A member, or an operator for it, puts a paper on record."""

from sqlalchemy import insert

from muster.access import Caller
from muster.contracts.vocabulary.identifiers import AuthorisationId, OrganisationId, Prefix
from muster.contracts.vocabulary.statuses import AUTHORISATION
from muster.storage.unit_of_work import UnitOfWork
from services.registry.domain.authorisation import Authorisation, Paper
from services.registry.tables import ORGANISATIONS, authorisations
from services.registry.use_cases.record import announce_member


def record_authorisation(
    work: UnitOfWork, caller: Caller, organisation_id: OrganisationId, paper: Paper
) -> Authorisation:
    """Record a paper; it counts only once an operator has verified it.

    Raises NotFound for a stranger, InputRefused, or Conflict for a former member.
    """
    caller.must_see("organisation", organisation_id, organisation_id)
    authorisation_id = AuthorisationId(work.ids.new(Prefix.AUTHORISATION))
    before = ORGANISATIONS.get(work.connection, organisation_id, lock=True)
    after = before.record(authorisation_id, paper, work.now)
    ORGANISATIONS.save(work, after)
    work.connection.execute(
        insert(authorisations).values(
            authorisation_id=authorisation_id, organisation_id=organisation_id
        )
    )
    recorded = after.authorisation(authorisation_id)
    work.remember_step(AUTHORISATION.thing, authorisation_id, "", recorded.status, "put on record")
    announce_member(work, after)
    return recorded
