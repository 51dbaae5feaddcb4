"""Members come, change their standing, and go; the others hear of each change."""

import pytest

from muster.access import Caller
from muster.contracts.registry import EnterpriseChanged, MemberSnapshot, ProviderChanged
from muster.contracts.vocabulary.errors import Forbidden, NotFound
from muster.contracts.vocabulary.kinds import Role
from muster.contracts.vocabulary.statuses import MemberStatus
from services.registry.tables import ORGANISATIONS
from services.registry.use_cases.move_organisation import move_organisation
from tests.unit.registry.builders import Registry, provider_of

BOTH = frozenset({Role.PROVIDER, Role.ENTERPRISE})


def test_an_application_is_kept_and_said() -> None:
    """The snapshot holds all there is to know, at version one."""
    registry = Registry()
    applicant = registry.applicant()
    with registry.store.read() as connection:
        assert ORGANISATIONS.get(connection, applicant.organisation_id) == applicant
    (said,) = registry.said()
    assert isinstance(said, ProviderChanged)
    assert (said.organisation_id, said.version) == (applicant.organisation_id, 1)
    assert said.operations_email == "operations@angkor.example"
    assert registry.steps() == [("member", "", "applied")]


@pytest.mark.parametrize(
    ("roles", "types"),
    [
        (frozenset({Role.PROVIDER}), [ProviderChanged]),
        (frozenset({Role.ENTERPRISE}), [EnterpriseChanged]),
        (BOTH, [ProviderChanged, EnterpriseChanged]),
    ],
)
def test_a_snapshot_is_said_once_for_each_role(
    roles: frozenset[Role], types: list[type[MemberSnapshot]]
) -> None:
    """Those who care for providers need not hear of enterprises."""
    registry = Registry()
    registry.applicant(roles=roles)
    assert [type(event) for event in registry.said()] == types


def test_each_step_is_on_the_record_and_said_with_the_next_version() -> None:
    """Whoever keeps a copy can tell which snapshot is newer."""
    registry = Registry()
    registry.move(registry.member(), MemberStatus.SUSPENDED)
    assert registry.steps()[1:] == [
        ("member", "applied", "vetting"),
        ("member", "vetting", "active"),
        ("member", "active", "suspended"),
    ]
    snapshots = [event for event in registry.said() if isinstance(event, MemberSnapshot)]
    assert [s.version for s in snapshots] == [1, 2, 3, 4]
    assert snapshots[-1].status is MemberStatus.SUSPENDED


def test_a_member_may_withdraw_itself_and_nothing_else() -> None:
    """Standing is the operators' to give."""
    registry = Registry()
    member = registry.member()
    own = provider_of(member)
    with pytest.raises(Forbidden):
        registry.run(
            lambda work: move_organisation(
                work, own, member.organisation_id, MemberStatus.SUSPENDED, "a rest"
            )
        )
    withdrawn = registry.run(
        lambda work: move_organisation(
            work, own, member.organisation_id, MemberStatus.WITHDRAWN, "closing down"
        )
    )
    assert withdrawn.has_left


def test_a_stranger_cannot_even_tell_that_a_member_exists() -> None:
    """Not found, rather than forbidden."""
    registry = Registry()
    member, stranger = registry.member(), registry.member(name="Mekong Escort")
    with pytest.raises(NotFound):
        registry.run(
            lambda work: move_organisation(
                work,
                Caller("cli_2", Role.PROVIDER, stranger.organisation_id),
                member.organisation_id,
                MemberStatus.WITHDRAWN,
                "sabotage",
            )
        )
