"""What can be asked of the registry. An operator sees all, a member its own affairs."""

from collections.abc import Iterable

from sqlalchemy import Connection, select
from sqlalchemy.sql import ColumnElement

from muster.access import Caller
from muster.contracts.vocabulary.identifiers import (
    ApiClientId,
    CapabilityId,
    OrganisationId,
)
from services.registry.domain.api_client import ApiClient
from services.registry.domain.authorisation import Authorisation
from services.registry.domain.capability import Capability
from services.registry.domain.organisation import Organisation
from services.registry.tables import (
    API_CLIENTS,
    CAPABILITIES,
    ORGANISATIONS,
    api_clients,
    capabilities,
    organisations,
)


def get_organisation(
    connection: Connection, caller: Caller, organisation_id: OrganisationId
) -> Organisation:
    """Return one organisation; raise NotFound for a stranger's."""
    caller.must_see("organisation", organisation_id, organisation_id)
    return ORGANISATIONS.get(connection, organisation_id)


def list_organisations(
    connection: Connection, caller: Caller, after: str | None, limit: int
) -> list[Organisation]:
    """Return up to `limit` organisations the caller may see, from behind the id `after`."""
    key = organisations.c.organisation_id
    where: list[ColumnElement[bool]] = []
    if not caller.is_operator:
        where.append(key == caller.own_organisation())
    if after is not None:
        where.append(key > after)
    return ORGANISATIONS.list(connection, *where, limit=limit)


def unknown_organisations(
    connection: Connection, organisation_ids: Iterable[OrganisationId]
) -> list[str]:
    """Return those that name no organisation, sorted."""
    asked = set(organisation_ids)
    # No id of ours has a NUL; SQLite would find nothing, PostgreSQL fail.
    askable = sorted(each for each in asked if "\x00" not in each)
    key = organisations.c.organisation_id
    known = connection.execute(select(key).where(key.in_(askable))).scalars()
    return sorted(asked - set(known))


def list_authorisations(
    connection: Connection,
    caller: Caller,
    organisation_id: OrganisationId,
    after: str | None,
    limit: int,
) -> list[Authorisation]:
    """Return up to `limit` authorisations of one organisation; raise NotFound for a stranger's."""
    organisation = get_organisation(connection, caller, organisation_id)
    known = sorted(organisation.authorisations, key=lambda each: each.authorisation_id)
    return [each for each in known if each.authorisation_id > (after or "")][:limit]


def get_capability(
    connection: Connection, caller: Caller, capability_id: CapabilityId
) -> Capability:
    """Return one capability; raise NotFound for a stranger's."""
    capability = CAPABILITIES.get(connection, capability_id)
    caller.must_see("capability", capability_id, capability.provider_id)
    return capability


def list_capabilities(
    connection: Connection, caller: Caller, after: str | None, limit: int
) -> list[Capability]:
    """Return up to `limit` capabilities the caller may see, from behind the id `after`."""
    where: list[ColumnElement[bool]] = []
    if not caller.is_operator:
        where.append(capabilities.c.provider_id == caller.own_organisation())
    if after is not None:
        where.append(capabilities.c.capability_id > after)
    return CAPABILITIES.list(connection, *where, limit=limit)


def list_api_clients(connection: Connection, after: str | None, limit: int) -> list[ApiClient]:
    """Return up to `limit` API clients, from behind the id `after`; for operators only."""
    where = [] if after is None else [api_clients.c.client_id > after]
    return API_CLIENTS.list(connection, *where, limit=limit)


def find_client_with_secret(
    connection: Connection, client_id: ApiClientId, secret: str
) -> ApiClient | None:
    """Return the client that may have a token, or None without saying why not.

    A suspended member still gets tokens, because it must finish the jobs it has; one that
    withdrew or was expelled does not.
    """
    client = API_CLIENTS.find(connection, client_id)
    if client is None or not client.knows(secret) or not client.is_live:
        return None
    if client.organisation_id is None:
        return client
    organisation = ORGANISATIONS.get(connection, client.organisation_id)
    return None if organisation.has_left else client
