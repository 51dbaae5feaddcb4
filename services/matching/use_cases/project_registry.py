"""ProjectRegistry: keep what the registry says of members and their capabilities."""

from collections.abc import Sequence

from muster.contracts.event import Event
from muster.contracts.registry import AuthorisationSnapshot, CapabilityChanged, MemberSnapshot
from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.storage.unit_of_work import UnitOfWork
from services.matching import projection, timers
from services.matching.domain.capability import Capability
from services.matching.domain.member import Member, Paper


def project_registry(work: UnitOfWork, events: Sequence[Event]) -> None:
    """Keep the newest snapshot of each; older and repeated ones change nothing.

    A member that provides and asks says every change twice, with one version: the second is a
    repeat. Whatever relies on a member that was known before, or on a capability whose attributes
    are others now, is judged again, by a timer that is due at once: that takes other locks, so it
    is a transaction of its own.
    """
    members = [member_of(event) for event in events if isinstance(event, MemberSnapshot)]
    known = projection.standing_of(work.connection, [each.organisation_id for each in members])
    news = projection.keep_members(work.connection, members)
    capabilities = [
        capability_of(event) for event in events if isinstance(event, CapabilityChanged)
    ]
    retrained = _of_other_attributes(work, capabilities)
    projection.keep_capabilities(work.connection, capabilities)
    for organisation_id in sorted((news & known.keys()) | retrained):
        work.schedule(timers.MEMBER_RECHECK, organisation_id, work.now)


def _of_other_attributes(
    work: UnitOfWork, capabilities: Sequence[Capability]
) -> frozenset[OrganisationId]:
    """Return the providers of whom a capability is not what it was: the law looks at it, too."""
    known = projection.load_capabilities(
        work.connection, {each.capability_id for each in capabilities}
    )
    return frozenset(
        each.provider_id
        for each in capabilities
        if each.capability_id in known and each.attributes != known[each.capability_id].attributes
    )


def member_of(said: MemberSnapshot) -> Member:
    """Return what matching keeps of a member."""
    return Member(
        organisation_id=said.organisation_id,
        version=said.version,
        name=said.name,
        home_country=said.home_country,
        status=said.status,
        papers=tuple(map(_paper, said.authorisations)),
        conflicts=said.conflicts,
    )


def _paper(said: AuthorisationSnapshot) -> Paper:
    return Paper(
        kind=said.kind,
        status=said.status,
        valid=said.valid,
        jurisdiction=said.jurisdiction,
        activities=said.activities,
        armed=said.armed,
        environment=said.environment,
        standard=said.standard,
        icoca_class=said.icoca_class,
        limit=said.limit,
        territory=said.territory,
        lines=said.lines,
        armed_excluded=said.armed_excluded,
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
