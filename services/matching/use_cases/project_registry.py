"""ProjectRegistry: keep what the registry says of providers and their capabilities."""

from collections.abc import Sequence

from muster.contracts.event import Event
from muster.contracts.registry import (
    AuthorisationSnapshot,
    CapabilityChanged,
    ProviderChanged,
)
from muster.contracts.vocabulary.kinds import AuthorisationKind
from muster.storage.unit_of_work import UnitOfWork
from services.matching import projection, timers
from services.matching.domain.capability import Capability, Licence, Provider

_LAWFUL = (AuthorisationKind.LICENCE, AuthorisationKind.PERMIT)


def project_registry(work: UnitOfWork, events: Sequence[Event]) -> None:
    """Keep the newest snapshot of each; older and repeated ones change nothing.

    A provider that is not active any more loses what it had open, by a timer that is due at once:
    that takes other locks, so it is a transaction of its own.
    """
    providers = [provider_of(event) for event in events if isinstance(event, ProviderChanged)]
    news = projection.keep_providers(work.connection, providers)
    lost = {p.provider_id for p in providers if p.provider_id in news and not p.is_active}
    for provider_id in sorted(lost):
        work.schedule(timers.PROVIDER_LOST, provider_id, work.now)
    capabilities = [
        capability_of(event) for event in events if isinstance(event, CapabilityChanged)
    ]
    projection.keep_capabilities(work.connection, capabilities)


def provider_of(said: ProviderChanged) -> Provider:
    """Return what matching keeps of a member."""
    return Provider(
        provider_id=said.organisation_id,
        version=said.version,
        name=said.name,
        home_country=said.home_country,
        status=said.status,
        licences=tuple(_licence(paper) for paper in said.authorisations if paper.kind in _LAWFUL),
    )


def _licence(paper: AuthorisationSnapshot) -> Licence:
    return Licence(
        kind=paper.kind,
        status=paper.status,
        jurisdiction=paper.jurisdiction,
        activities=paper.activities,
        armed=paper.armed,
        valid=paper.valid,
    )


def capability_of(said: CapabilityChanged) -> Capability:
    """Return what matching keeps of a capability."""
    return Capability(
        capability_id=said.capability_id,
        version=said.version,
        provider_id=said.provider_id,
        name=said.name,
        status=said.status,
        attributes=said.attributes,
        capacity=said.capacity,
        base=said.base,
        coverage=said.coverage,
        lead_time_minutes=said.lead_time_minutes,
        available=said.available,
        blackouts=said.blackouts,
        price=said.price,
    )
