"""Capabilities are published, restated, paused and retired."""

import pytest

from muster.contracts.registry import CapabilityChanged
from muster.contracts.vocabulary.errors import Conflict, Forbidden, NotFound
from muster.contracts.vocabulary.statuses import CapabilityStatus, MemberStatus
from services.registry.domain.capability import Capability
from services.registry.domain.organisation import Organisation
from services.registry.tables import CAPABILITIES
from services.registry.use_cases.move_capability import move_capability
from services.registry.use_cases.publish_capability import publish_capability
from services.registry.use_cases.replace_capability import replace_capability
from tests.unit.registry.builders import OPERATOR, Registry, guards, provider_of


def moved(
    registry: Registry, member: Organisation, capability: Capability, to: CapabilityStatus
) -> Capability:
    """Return the capability after its provider took this step."""
    return registry.run(
        lambda work: move_capability(
            work, provider_of(member), capability.capability_id, to, "as a test wants it"
        )
    )


def test_a_published_capability_is_kept_and_said_whole() -> None:
    """The snapshot holds every particular, so that nobody has to ask back."""
    registry = Registry()
    member = registry.member()
    capability = registry.published(member)
    with registry.store.read() as connection:
        assert CAPABILITIES.get(connection, capability.capability_id) == capability
    said = registry.said()[-1]
    assert isinstance(said, CapabilityChanged)
    assert (said.provider_id, said.version, said.status) == (
        member.organisation_id,
        1,
        CapabilityStatus.PUBLISHED,
    )
    expected = {name: getattr(guards(), name) for name in guards().__dataclass_fields__}
    assert {name: getattr(said, name) for name in expected} == expected
    assert registry.steps()[-1] == ("capability", "", "published")


@pytest.mark.parametrize("status", [MemberStatus.SUSPENDED, MemberStatus.WITHDRAWN])
def test_only_active_members_publish_and_restate(status: MemberStatus) -> None:
    """Somebody else must be able to rely on what is published."""
    registry = Registry()
    member = registry.member()
    capability = registry.published(member)
    registry.move(member, status)
    with pytest.raises(Conflict, match="Only an active member"):
        registry.published(member)
    with pytest.raises(Conflict, match="Only an active member"):
        registry.run(
            lambda work: replace_capability(
                work, provider_of(member), capability.capability_id, guards(capacity=1)
            )
        )


def test_a_suspended_member_may_step_back_but_not_come_forward() -> None:
    """Pausing and retiring harm nobody."""
    registry = Registry()
    member = registry.member()
    capability = registry.published(member)
    registry.move(member, MemberStatus.SUSPENDED)
    moved(registry, member, capability, CapabilityStatus.PAUSED)
    with pytest.raises(Conflict, match="Only an active member"):
        moved(registry, member, capability, CapabilityStatus.PUBLISHED)
    retired = moved(registry, member, capability, CapabilityStatus.RETIRED)
    assert retired.status is CapabilityStatus.RETIRED


def test_each_change_is_said_with_the_next_version() -> None:
    """Restating and pausing are both changes."""
    registry = Registry()
    member = registry.member()
    capability = registry.published(member)
    registry.run(
        lambda work: replace_capability(
            work, provider_of(member), capability.capability_id, guards(capacity=3)
        )
    )
    moved(registry, member, capability, CapabilityStatus.PAUSED)
    said = [event for event in registry.said() if isinstance(event, CapabilityChanged)]
    assert [(s.version, s.capacity, s.status.value) for s in said] == [
        (1, 12, "published"),
        (2, 3, "published"),
        (3, 3, "paused"),
    ]


def test_an_operator_has_nothing_of_its_own_to_publish() -> None:
    """Operators steer, members provide."""
    with pytest.raises(Forbidden):
        Registry().run(lambda work: publish_capability(work, OPERATOR, guards()))


def test_a_strangers_capability_is_not_found() -> None:
    """Neither to restate nor to move."""
    registry = Registry()
    member, stranger = registry.member(), registry.member(name="Mekong Escort")
    capability = registry.published(member)
    with pytest.raises(NotFound):
        moved(registry, stranger, capability, CapabilityStatus.RETIRED)
    with pytest.raises(NotFound):
        registry.run(
            lambda work: replace_capability(
                work, provider_of(stranger), capability.capability_id, guards()
            )
        )
