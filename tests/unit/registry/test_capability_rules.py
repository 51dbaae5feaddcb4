"""What may become of a capability."""

import pytest

from muster.contracts.vocabulary.attributes import VehicleAttributes
from muster.contracts.vocabulary.errors import Conflict, IllegalTransition, InputRefused
from muster.contracts.vocabulary.identifiers import CapabilityId, OrganisationId
from muster.contracts.vocabulary.statuses import CapabilityStatus
from services.registry.domain.capability import Capability
from tests.unit.registry.builders import guards


def a_capability(status: CapabilityStatus = CapabilityStatus.PUBLISHED) -> Capability:
    """Return guards of that status."""
    return Capability(CapabilityId("cap_1"), OrganisationId("org_1"), guards(), status)


def test_restating_replaces_everything_and_counts_a_version_up() -> None:
    """A capability is always stated whole."""
    restated = a_capability().restate(guards(capacity=3))
    assert (restated.particulars.capacity, restated.version) == (3, 2)


def test_a_capability_keeps_its_kind() -> None:
    """Bookings of guards cannot become bookings of vehicles."""
    with pytest.raises(InputRefused, match="Allowed: guards") as refused:
        a_capability().restate(guards(attributes=VehicleAttributes("vehicles")))
    assert refused.value.field == "attributes.kind"


def test_a_retired_capability_does_not_change() -> None:
    """Another one has to be published."""
    retired = a_capability().become(CapabilityStatus.RETIRED)
    with pytest.raises(Conflict, match="Publish another"):
        retired.restate(guards())
    with pytest.raises(IllegalTransition, match="this state is final"):
        retired.become(CapabilityStatus.PUBLISHED)


def test_a_paused_capability_can_be_published_again() -> None:
    """A pause is no retirement."""
    again = a_capability(CapabilityStatus.PAUSED).become(CapabilityStatus.PUBLISHED)
    assert (again.status, again.version) == (CapabilityStatus.PUBLISHED, 2)
