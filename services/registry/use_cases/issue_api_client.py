"""An operator lets a program act for a member, or for the operators."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from muster.contracts.vocabulary.errors import Conflict
from muster.contracts.vocabulary.identifiers import ApiClientId, OrganisationId, Prefix
from muster.contracts.vocabulary.kinds import Role
from muster.storage.unit_of_work import UnitOfWork
from services.registry.domain.api_client import API_CLIENT, ApiClient, must_fit, sha256_of
from services.registry.tables import API_CLIENTS, ORGANISATIONS


@dataclass(frozen=True)
class IssuedClient:
    """A new client with its secret, which is told this once and kept nowhere."""

    client: ApiClient
    secret: str


def issue_api_client(
    work: UnitOfWork,
    *,
    role: Role,
    name: str,
    organisation_id: OrganisationId | None,
    new_secret: Callable[[], str],
) -> IssuedClient:
    """Issue a client; `new_secret` gives a secret of at least 112 random bits.

    Raises NotFound for an unknown organisation, InputRefused for a role that does not fit it,
    Conflict for a member that is not active or a name that is taken.
    """
    organisation = (
        None
        if organisation_id is None
        else ORGANISATIONS.get(work.connection, organisation_id, lock=True)
    )
    must_fit(role, organisation)
    secret = new_secret()
    client = ApiClient(
        client_id=ApiClientId(work.ids.new(Prefix.API_CLIENT)),
        organisation_id=organisation_id,
        role=role,
        name=name,
        secret_sha256=sha256_of(secret),
        issued_at=work.now,
    )
    try:
        API_CLIENTS.add(work, client)
    except IntegrityError as error:
        raise Conflict(
            f"name: there is a client {name!r} already. Choose another name, or revoke that one."
        ) from error
    work.remember_step(API_CLIENT.thing, client.client_id, "", client.status, name)
    return IssuedClient(client, secret)
