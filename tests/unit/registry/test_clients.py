"""API clients are issued, recognised by their secret, and revoked."""

import pytest

from muster.contracts.vocabulary.errors import Conflict, NotFound
from muster.contracts.vocabulary.identifiers import ApiClientId
from muster.contracts.vocabulary.kinds import Role
from muster.contracts.vocabulary.statuses import MemberStatus
from services.registry.domain.api_client import ApiClient
from services.registry.queries import find_client_with_secret
from services.registry.tables import API_CLIENTS
from services.registry.use_cases.issue_api_client import IssuedClient
from services.registry.use_cases.revoke_api_client import revoke_api_client
from tests.unit.registry.builders import Registry


def recognised(registry: Registry, issued: IssuedClient, secret: str = "") -> ApiClient | None:
    """Return the client if it may have a token with this secret (its own unless told)."""
    with registry.store.read() as connection:
        return find_client_with_secret(connection, issued.client.client_id, secret or issued.secret)


def test_an_issued_client_is_recognised_by_its_secret_alone() -> None:
    """The store keeps a digest, never the secret."""
    registry = Registry()
    issued = registry.client(Role.PROVIDER, registry.member())
    assert recognised(registry, issued) == issued.client
    assert recognised(registry, issued, "guess") is None
    with registry.store.read() as connection:
        kept = API_CLIENTS.get(connection, issued.client.client_id)
    assert issued.secret not in repr(kept)


def test_a_revoked_client_is_recognised_no_more() -> None:
    """And a second revocation is refused, so that nobody thinks it did something."""
    registry = Registry()
    issued = registry.client()
    client_id = issued.client.client_id
    registry.run(lambda work: revoke_api_client(work, client_id, "laptop stolen"))
    assert recognised(registry, issued) is None
    assert registry.steps()[-1] == ("client", "issued", "revoked")
    with pytest.raises(Conflict):
        registry.run(lambda work: revoke_api_client(work, client_id, "again"))


def test_a_suspended_member_keeps_its_clients_and_a_former_one_loses_them() -> None:
    """The suspended one must still finish the jobs it has."""
    registry = Registry()
    member = registry.member()
    issued = registry.client(Role.PROVIDER, member)
    registry.move(member, MemberStatus.SUSPENDED)
    assert recognised(registry, issued)
    registry.move(member, MemberStatus.EXPELLED)
    assert recognised(registry, issued) is None


def test_a_name_is_taken_only_within_one_organisation_and_until_revoked() -> None:
    """Names tell an organisation's clients apart; a rotated one keeps its name."""
    registry = Registry()
    member, other = registry.member(), registry.member(name="Mekong Escort")
    first = registry.client(Role.PROVIDER, member)
    registry.client(Role.PROVIDER, other)
    with pytest.raises(Conflict, match="there is a client 'dispatch desk' already"):
        registry.client(Role.PROVIDER, member)
    registry.run(lambda work: revoke_api_client(work, first.client.client_id, "rotation"))
    assert registry.client(Role.PROVIDER, member).client.is_live


def test_operators_names_are_taken_too() -> None:
    """Clients without an organisation are told apart among themselves."""
    registry = Registry()
    registry.client(name="night shift")
    with pytest.raises(Conflict):
        registry.client(name="night shift")


def test_unknown_clients_cannot_be_revoked() -> None:
    """There is nothing to take away."""
    with pytest.raises(NotFound):
        Registry().run(lambda work: revoke_api_client(work, ApiClientId("cli_0"), "tidying"))
