"""A provider says what it can bring."""

from muster.access import Caller
from muster.contracts.vocabulary.identifiers import CapabilityId, Prefix
from muster.contracts.vocabulary.statuses import CAPABILITY
from muster.storage.unit_of_work import UnitOfWork
from services.registry.domain.capability import Capability, Particulars
from services.registry.tables import CAPABILITIES, ORGANISATIONS
from services.registry.use_cases.record import announce_capability


def publish_capability(work: UnitOfWork, caller: Caller, particulars: Particulars) -> Capability:
    """Publish a capability of the caller's organisation.

    Raises Forbidden for a caller without one, Conflict when it is not an active member.
    """
    provider_id = caller.own_organisation()
    provider = ORGANISATIONS.get(work.connection, provider_id, lock=True)
    provider.must_be_active("publish capabilities")
    capability = Capability(
        capability_id=CapabilityId(work.ids.new(Prefix.CAPABILITY)),
        provider_id=provider_id,
        particulars=particulars,
    )
    CAPABILITIES.add(work, capability)
    work.remember_step(
        CAPABILITY.thing, capability.capability_id, "", capability.status, "published"
    )
    announce_capability(work, capability)
    return capability
