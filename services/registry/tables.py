"""Where the registry keeps its aggregates."""

from typing import Any

from sqlalchemy import Column, Index, Integer, String, Table, Text, text

from muster.storage.repository import Repository
from muster.storage.tables import service_metadata
from services.registry.domain.api_client import ApiClient
from services.registry.domain.capability import Capability
from services.registry.domain.organisation import Organisation

OPERATORS = "operators"  # stands for the organisation of a client that has none

metadata = service_metadata()

organisations = Table(
    "organisations",
    metadata,
    Column("organisation_id", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("status", String(32), nullable=False),
)

# Whose paper it is: authorisations live inside their organisation, timers know only their id.
authorisations = Table(
    "authorisations",
    metadata,
    Column("authorisation_id", String(64), primary_key=True),
    Column("organisation_id", String(64), nullable=False, index=True),
)

capabilities = Table(
    "capabilities",
    metadata,
    Column("capability_id", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("provider_id", String(64), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("status", String(32), nullable=False),
)

api_clients = Table(
    "api_clients",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("owner", String(64), nullable=False),
    Column("name", String(100), nullable=False),
    Column("status", String(32), nullable=False),
)
# A name says which client is meant; one that was revoked gives its name back.
Index(
    "uq_api_clients_live_name",
    api_clients.c.owner,
    api_clients.c.name,
    unique=True,
    sqlite_where=text("status = 'issued'"),
    postgresql_where=text("status = 'issued'"),
)


def _organisation_columns(organisation: Organisation) -> dict[str, Any]:
    return {
        "organisation_id": organisation.organisation_id,
        "status": organisation.status.value,
    }


def _capability_columns(capability: Capability) -> dict[str, Any]:
    return {
        "capability_id": capability.capability_id,
        "provider_id": capability.provider_id,
        "kind": capability.particulars.kind.value,
        "status": capability.status.value,
    }


def _client_columns(client: ApiClient) -> dict[str, Any]:
    return {
        "client_id": client.client_id,
        "owner": client.organisation_id or OPERATORS,
        "name": client.name,
        "status": client.status.value,
    }


ORGANISATIONS = Repository(organisations, Organisation, "organisation", _organisation_columns)
CAPABILITIES = Repository(capabilities, Capability, "capability", _capability_columns)
API_CLIENTS = Repository(api_clients, ApiClient, "API client", _client_columns)
