"""Anybody may apply to become a member."""

from muster.contracts.vocabulary.identifiers import OrganisationId, Prefix
from muster.contracts.vocabulary.statuses import MEMBER
from muster.storage.unit_of_work import UnitOfWork
from services.registry.domain.organisation import Organisation, Profile
from services.registry.tables import ORGANISATIONS
from services.registry.use_cases.record import announce_member


def apply_for_membership(work: UnitOfWork, profile: Profile) -> Organisation:
    """Put an applicant on record; an operator vets it next."""
    applicant = Organisation(
        organisation_id=OrganisationId(work.ids.new(Prefix.ORGANISATION)), profile=profile
    )
    ORGANISATIONS.add(work, applicant)
    work.remember_step(MEMBER.thing, applicant.organisation_id, "", applicant.status, "application")
    announce_member(work, applicant)
    return applicant
