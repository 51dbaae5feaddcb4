"""A provider restates all it says of a capability."""

from muster.access import Caller
from muster.contracts.vocabulary.identifiers import CapabilityId
from muster.storage.unit_of_work import UnitOfWork
from services.registry.domain.capability import Capability, Particulars
from services.registry.tables import CAPABILITIES, ORGANISATIONS
from services.registry.use_cases.record import announce_capability


def replace_capability(
    work: UnitOfWork, caller: Caller, capability_id: CapabilityId, particulars: Particulars
) -> Capability:
    """Replace the particulars of a capability, whole.

    Raises NotFound for a stranger's, Conflict for a retired one or a member that is not active,
    InputRefused for a change of kind.
    """
    before = CAPABILITIES.get(work.connection, capability_id, lock=True)
    caller.must_see("capability", capability_id, before.provider_id)
    provider = ORGANISATIONS.get(work.connection, before.provider_id)
    provider.must_be_active("change capabilities")
    after = before.restate(particulars)
    CAPABILITIES.save(work, after)
    announce_capability(work, after)
    return after
