"""What every change leaves behind: a step on the record, and a full snapshot for the others."""

from typing import TypeVar

from muster.contracts.registry import (
    AuthorisationSnapshot,
    CapabilityChanged,
    EnterpriseChanged,
    MemberSnapshot,
    ProviderChanged,
)
from muster.contracts.vocabulary.kinds import AuthorisationKind, Role
from muster.storage.unit_of_work import UnitOfWork
from services.registry.domain.authorisation import Authorisation, Paper
from services.registry.domain.capability import Capability
from services.registry.domain.organisation import Organisation

S = TypeVar("S", bound=MemberSnapshot)

_SNAPSHOTS: tuple[tuple[Role, type[MemberSnapshot]], ...] = (
    (Role.PROVIDER, ProviderChanged),
    (Role.ENTERPRISE, EnterpriseChanged),
)


def announce_member(work: UnitOfWork, organisation: Organisation) -> None:
    """Say all there is to know of a member, once for each of its roles."""
    for role, snapshot in _SNAPSHOTS:
        if role in organisation.profile.roles:
            work.record(member_snapshot(snapshot, organisation), version=organisation.version)


def announce_capability(work: UnitOfWork, capability: Capability) -> None:
    """Say all there is to know of a capability."""
    work.record(capability_snapshot(capability), version=capability.version)


def member_snapshot(snapshot: type[S], organisation: Organisation) -> S:
    """Return all there is to know of a member, as it is said in one of its roles."""
    profile = organisation.profile
    return snapshot(
        organisation_id=organisation.organisation_id,
        version=organisation.version,
        name=profile.name,
        home_country=profile.home_country,
        roles=profile.roles,
        status=organisation.status,
        operations_email=profile.operations_email,
        emergency_email=profile.emergency_email,
        authorisations=tuple(map(_authorisation_snapshot, organisation.authorisations)),
        conflicts=organisation.conflicts,
    )


def _authorisation_snapshot(authorisation: Authorisation) -> AuthorisationSnapshot:
    paper = authorisation.paper
    return AuthorisationSnapshot(
        authorisation_id=authorisation.authorisation_id,
        status=authorisation.status,
        kind=paper.kind,
        reference=paper.reference,
        issuer=paper.issuer,
        jurisdiction=paper.jurisdiction,
        activities=paper.activities,
        armed=paper.armed,
        environment=paper.environment,
        standard=paper.standard,
        icoca_class=paper.icoca_class,
        limit=paper.limit,
        territory=paper.territory,
        lines=paper.lines,
        # A policy that does not say is not relied on for arms; of other papers it means nothing.
        armed_excluded=_may_exclude_arms(paper),
        valid=paper.valid,
    )


def _may_exclude_arms(paper: Paper) -> bool:
    if paper.armed_excluded is None:
        return paper.kind is AuthorisationKind.INSURANCE_POLICY
    return paper.armed_excluded


def capability_snapshot(capability: Capability) -> CapabilityChanged:
    """Return all there is to know of a capability."""
    return CapabilityChanged(
        capability_id=capability.capability_id,
        version=capability.version,
        provider_id=capability.provider_id,
        status=capability.status,
        **vars(capability.particulars),
    )
