"""A verified paper has run out."""

from sqlalchemy import select

from muster.contracts.registry import AuthorisationExpired
from muster.contracts.vocabulary.identifiers import AuthorisationId, OrganisationId
from muster.contracts.vocabulary.statuses import AUTHORISATION, AuthorisationStatus
from muster.storage.unit_of_work import UnitOfWork
from services.registry.domain.organisation import Organisation
from services.registry.tables import ORGANISATIONS, authorisations
from services.registry.use_cases.record import announce_member


def expire_authorisation(work: UnitOfWork, authorisation_id: AuthorisationId) -> None:
    """End a verified authorisation and say so.

    Harmless for one that is unknown, that was revoked, or that expired before.
    """
    before = _holder(work, authorisation_id)
    if before is None or before.has_left:
        return
    known = before.authorisation(authorisation_id)
    if known.status is not AuthorisationStatus.VERIFIED:
        return
    expired = AuthorisationStatus.EXPIRED
    after = before.move_authorisation(authorisation_id, expired, work.now)
    ORGANISATIONS.save(work, after)
    work.remember_step(
        AUTHORISATION.thing, authorisation_id, known.status, expired, "the paper ran out"
    )
    announce_member(work, after)
    work.record(
        AuthorisationExpired(
            organisation_id=after.organisation_id,
            authorisation_id=authorisation_id,
            reference=known.paper.reference,
            expired_at=known.paper.valid.ends_at,
        ),
        version=after.version,
    )


def _holder(work: UnitOfWork, authorisation_id: AuthorisationId) -> Organisation | None:
    found = work.connection.execute(
        select(authorisations.c.organisation_id).where(
            authorisations.c.authorisation_id == authorisation_id
        )
    ).scalar()
    if found is None:
        return None
    return ORGANISATIONS.get(work.connection, OrganisationId(found), lock=True)
