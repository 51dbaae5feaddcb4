"""Who must not serve whom: declared by a member or an operator, kept, and said to the others."""

from collections.abc import Iterable

import pytest
from sqlalchemy import select

from muster.access import Caller
from muster.contracts.registry import EnterpriseChanged, MemberSnapshot, ProviderChanged
from muster.contracts.vocabulary.errors import Conflict, InputRefused, NotFound
from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.contracts.vocabulary.kinds import Role
from muster.contracts.vocabulary.statuses import MemberStatus
from services.registry.domain.organisation import Organisation
from services.registry.tables import metadata
from services.registry.use_cases.declare_conflicts import declare_conflicts
from tests.unit.registry.builders import OPERATOR, Registry, provider_of
from tests.unit.registry.http import Edge


def declare(
    registry: Registry,
    member: Organisation,
    others: Iterable[OrganisationId],
    caller: Caller | None = None,
    reason: str = "common owner",
) -> Organisation:
    """Declare these conflicts of interest, as the member itself unless told otherwise."""
    return registry.run(
        lambda work: declare_conflicts(
            work,
            caller or provider_of(member),
            member.organisation_id,
            frozenset(others),
            reason,
        )
    )


def kept(registry: Registry) -> list[tuple[str, str, str, str]]:
    """Return (organisation, before, after, reason) of each step a conflict took."""
    table = metadata.tables["transitions"]
    columns = (table.c.thing_id, table.c.before, table.c.after, table.c.reason)
    with registry.store.read() as connection:
        query = select(*columns).where(table.c.thing == "conflict").order_by(table.c.sequence)
        return [tuple(row) for row in connection.execute(query)]


@pytest.mark.parametrize("caller", [None, OPERATOR])
def test_a_declared_conflict_reaches_the_others_with_the_next_version(
    caller: Caller | None,
) -> None:
    """In the snapshot of each of the member's roles; matching decides by them."""
    registry = Registry()
    other = registry.member(name="Mill")
    member = registry.member(roles=frozenset({Role.PROVIDER, Role.ENTERPRISE}))
    after = declare(registry, member, [other.organisation_id], caller)
    assert after.version == member.version + 1
    said = registry.said()[-2:]
    assert [type(event) for event in said] == [ProviderChanged, EnterpriseChanged]
    for event in said:
        assert isinstance(event, MemberSnapshot)
        assert event.version == after.version
        assert event.conflicts == frozenset({other.organisation_id})


def test_each_declaration_and_withdrawal_is_kept_with_its_reason() -> None:
    """The new list replaces the old one; what stays in it is not declared twice."""
    registry = Registry()
    first, second = (registry.member(name=name).organisation_id for name in ("Mill", "Bank"))
    member = registry.member()
    declare(registry, member, [first], reason="common owner")
    declare(registry, member, [first, second], reason="a law suit")
    declare(registry, member, [second], reason="sold")
    of = member.organisation_id
    assert kept(registry) == [
        (of, "", "declared", f"{first}: common owner"),
        (of, "", "declared", f"{second}: a law suit"),
        (of, "declared", "withdrawn", f"{first}: sold"),
    ]


def test_the_same_conflicts_again_change_nothing() -> None:
    """PUT may be repeated."""
    registry = Registry()
    other = registry.member(name="Mill")
    member = registry.member()
    once = declare(registry, member, [other.organisation_id])
    said = registry.said()
    assert declare(registry, member, [other.organisation_id]) == once
    assert registry.said() == said


def test_a_conflict_names_another_organisation_that_exists() -> None:
    """A misspelt id would protect nobody."""
    registry = Registry()
    member = registry.member()
    for others in ([member.organisation_id], [OrganisationId("org_0")]):
        with pytest.raises(InputRefused) as refused:
            declare(registry, member, others)
        assert refused.value.field == "organisation_ids"


def test_nobody_declares_for_a_stranger_and_a_former_member_declares_no_more() -> None:
    """A stranger learns nothing; what is known of a former member stays as it is."""
    registry = Registry()
    member, stranger = registry.member(), registry.member(name="Mekong Escort")
    with pytest.raises(NotFound):
        declare(registry, member, [stranger.organisation_id], provider_of(stranger))
    registry.move(member, MemberStatus.WITHDRAWN)
    with pytest.raises(Conflict):
        declare(registry, member, [stranger.organisation_id], OPERATOR)


def test_conflicts_are_shown_to_the_organisation_itself_and_to_operators() -> None:
    """The one it names is not told."""
    edge = Edge()
    mill = edge.registry.member(name="Mill", roles=frozenset({Role.ENTERPRISE}))
    member = edge.registry.member()
    address = f"/v1/organisations/{member.organisation_id}"
    body = {"organisation_ids": [mill.organisation_id], "reason": "common owner"}
    put = edge.provider(member, "PUT", f"{address}/conflicts", json=body)
    assert (put.status, put.body["conflicts"]) == (200, [mill.organisation_id])
    assert edge.operator("GET", address).body == put.body
    listed = edge.enterprise(mill, "GET", "/v1/organisations").body["items"]
    assert [each["conflicts"] for each in listed] == [[]]
    assert edge.enterprise(mill, "PUT", f"{address}/conflicts", json=body).status == 404
