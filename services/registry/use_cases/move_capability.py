"""A provider, or an operator, pauses, publishes again or retires a capability."""

from muster.access import Caller
from muster.contracts.vocabulary.identifiers import CapabilityId
from muster.contracts.vocabulary.statuses import CAPABILITY, CapabilityStatus
from muster.storage.unit_of_work import UnitOfWork
from services.registry.domain.capability import Capability
from services.registry.tables import CAPABILITIES, ORGANISATIONS
from services.registry.use_cases.record import announce_capability


def move_capability(
    work: UnitOfWork,
    caller: Caller,
    capability_id: CapabilityId,
    wanted: CapabilityStatus,
    reason: str,
) -> Capability:
    """Take a step in a capability's life. Anybody may step back; only active members come forward.

    Raises NotFound for a stranger's, IllegalTransition, Conflict when the provider is not active.
    """
    before = CAPABILITIES.get(work.connection, capability_id, lock=True)
    caller.must_see("capability", capability_id, before.provider_id)
    after = before.become(wanted)
    if wanted is CapabilityStatus.PUBLISHED:
        provider = ORGANISATIONS.get(work.connection, before.provider_id)
        provider.must_be_active("publish capabilities")
    CAPABILITIES.save(work, after)
    work.remember_step(CAPABILITY.thing, capability_id, before.status, after.status, reason)
    announce_capability(work, after)
    return after
