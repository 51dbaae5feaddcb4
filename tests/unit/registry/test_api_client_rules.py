"""Who may have an API client, and what is kept of its secret."""

import pytest

from muster.contracts.vocabulary.errors import Conflict, IllegalTransition, InputRefused
from muster.contracts.vocabulary.identifiers import ApiClientId
from muster.contracts.vocabulary.kinds import Role
from muster.contracts.vocabulary.statuses import MemberStatus
from services.registry.client_secrets import random_secret
from services.registry.domain.api_client import ApiClient, must_fit, sha256_of
from tests.stores import START
from tests.unit.registry.builders import an_organisation


def a_client(secret: str = "right") -> ApiClient:
    """Return an operator's client."""
    return ApiClient(ApiClientId("cli_1"), None, Role.OPERATOR, "desk", sha256_of(secret), START)


def test_a_client_knows_its_secret_and_no_other() -> None:
    """Only the digest is kept."""
    client = a_client()
    assert client.knows("right")
    assert not client.knows("wrong")
    assert "right" not in repr(client)


def test_a_client_is_revoked_once_and_for_good() -> None:
    """A second revocation is told so."""
    revoked = a_client().revoke()
    assert not revoked.is_live
    with pytest.raises(IllegalTransition):
        revoked.revoke()


def test_a_role_must_be_one_of_the_organisation() -> None:
    """A provider's client does not submit requests."""
    must_fit(Role.PROVIDER, an_organisation())
    with pytest.raises(InputRefused, match="Allowed: provider") as refused:
        must_fit(Role.ENTERPRISE, an_organisation())
    assert refused.value.field == "role"


def test_only_operators_act_for_no_organisation() -> None:
    """And they act for none but the alliance."""
    must_fit(Role.OPERATOR, None)
    with pytest.raises(InputRefused, match="organisation_id"):
        must_fit(Role.OPERATOR, an_organisation())
    with pytest.raises(InputRefused, match="organisation_id"):
        must_fit(Role.PROVIDER, None)


def test_a_member_that_is_not_active_gets_no_client() -> None:
    """An applicant has to be vetted first."""
    with pytest.raises(Conflict, match="Only an active member"):
        must_fit(Role.PROVIDER, an_organisation(MemberStatus.VETTING))


def test_random_secrets_are_long_and_never_the_same() -> None:
    """256 bits make 43 characters behind the mark."""
    secrets = {random_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(s.startswith("mst_") and len(s) == 47 for s in secrets)
