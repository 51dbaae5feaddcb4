"""A member, or an operator for it, says with whom it has a conflict of interest."""

from muster.access import Caller
from muster.contracts.vocabulary.errors import InputRefused
from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.storage.unit_of_work import UnitOfWork
from services.registry.domain.organisation import Organisation
from services.registry.queries import unknown_organisations
from services.registry.tables import ORGANISATIONS
from services.registry.use_cases.record import announce_member

_THING, _DECLARED, _WITHDRAWN = "conflict", "declared", "withdrawn"


def declare_conflicts(
    work: UnitOfWork,
    caller: Caller,
    organisation_id: OrganisationId,
    others: frozenset[OrganisationId],
    reason: str,
) -> Organisation:
    """Replace an organisation's conflicts of interest, whole; the same ones again change nothing.

    Raises NotFound for a stranger, InputRefused for an organisation that does not exist or is
    the member itself, or Conflict for a former member.
    """
    caller.must_see("organisation", organisation_id, organisation_id)
    before = ORGANISATIONS.get(work.connection, organisation_id, lock=True)
    after = before.declare_conflicts(others)
    if after.conflicts == before.conflicts:
        return before
    if unknown := unknown_organisations(work.connection, others):
        raise InputRefused(
            "organisation_ids",
            f"names no organisation by {', '.join(unknown)}",
            "ids of organisations, as requests, offers and jobs show them",
        )
    ORGANISATIONS.save(work, after)
    for other in sorted(others - before.conflicts):
        work.remember_step(_THING, organisation_id, "", _DECLARED, f"{other}: {reason}")
    for other in sorted(before.conflicts - others):
        work.remember_step(_THING, organisation_id, _DECLARED, _WITHDRAWN, f"{other}: {reason}")
    announce_member(work, after)
    return after
