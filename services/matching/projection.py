"""Matching's own copy of what the registry says, as far as matching needs it."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import Connection, Table, bindparam, delete, insert, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.statuses import CapabilityStatus, MemberStatus
from services.matching.domain.capability import Capability, Provider
from services.matching.tables import capabilities, capability_coverage, providers

S = TypeVar("S", Provider, Capability)

_PROVIDER = TypeAdapter(Provider)
_CAPABILITY = TypeAdapter(Capability)

# Composed once: composing a statement costs more than running it.
_STANDING = select(providers.c.provider_id, providers.c.status).where(
    providers.c.provider_id.in_(bindparam("provider_ids", expanding=True))
)
_PROVIDERS = select(providers.c.document).where(
    providers.c.provider_id.in_(bindparam("provider_ids", expanding=True))
)
_SERVING = select(capability_coverage.c.capability_id).where(
    tuple_(capability_coverage.c.country, capability_coverage.c.kind).in_(
        bindparam("serving", expanding=True)
    )
)
_CAPABILITIES = (
    select(capabilities.c.document)
    .where(capabilities.c.capability_id.in_(_SERVING))
    .order_by(capabilities.c.capability_id)
    .with_for_update()
)


def keep_providers(
    connection: Connection, snapshots: Iterable[Provider]
) -> frozenset[OrganisationId]:
    """Keep the newest version of each; return the ids of those that were news."""
    newest = _newest(snapshots, lambda provider: provider.provider_id)
    rows = [
        {
            "provider_id": provider.provider_id,
            "version": provider.version,
            "document": _PROVIDER.dump_json(provider).decode(),
            "status": provider.status.value,
        }
        for provider in newest
    ]
    return frozenset(map(OrganisationId, _keep(connection, providers, rows)))


def keep_capabilities(connection: Connection, snapshots: Iterable[Capability]) -> None:
    """Keep the newest version of each, and under which country and kind to look for it."""
    newest = _newest(snapshots, lambda capability: capability.capability_id)
    rows = [
        {
            "capability_id": capability.capability_id,
            "version": capability.version,
            "document": _CAPABILITY.dump_json(capability).decode(),
        }
        for capability in newest
    ]
    news = _keep(connection, capabilities, rows)
    coverage = capability_coverage
    connection.execute(delete(coverage).where(coverage.c.capability_id.in_(sorted(news))))
    found_at = [
        row
        for capability in newest
        if capability.capability_id in news
        for row in _coverage_rows(capability)
    ]
    if found_at:
        connection.execute(insert(coverage), found_at)


def standing_of(
    connection: Connection, provider_ids: Collection[OrganisationId]
) -> dict[OrganisationId, MemberStatus]:
    """Return the status of these providers, by id; those the registry never spoke of are absent."""
    rows = connection.execute(_STANDING, {"provider_ids": provider_ids})
    return {OrganisationId(provider_id): MemberStatus(status) for provider_id, status in rows}


def load_providers(
    connection: Connection, provider_ids: Collection[OrganisationId]
) -> dict[OrganisationId, Provider]:
    """Return what is known of these providers, by id."""
    found = connection.execute(_PROVIDERS, {"provider_ids": provider_ids}).scalars()
    return {provider.provider_id: provider for provider in map(_parse_provider, found)}


def lock_capabilities(
    connection: Connection, wanted: Collection[tuple[Country, CapabilityKind]]
) -> tuple[Capability, ...]:
    """Return the capabilities that serve any of these, by id, and lock their rows until commit."""
    serving = [(country, kind.value) for country, kind in wanted]
    found = connection.execute(_CAPABILITIES, {"serving": serving}).scalars()
    return tuple(map(_parse_capability, found))


# The same few documents are read for every request. These are pure functions of the document, so
# what they remember can never be out of date.
@lru_cache(maxsize=20_000)
def _parse_provider(document: str) -> Provider:
    return _PROVIDER.validate_json(document)


@lru_cache(maxsize=20_000)
def _parse_capability(document: str) -> Capability:
    return _CAPABILITY.validate_json(document)


def _coverage_rows(capability: Capability) -> list[dict[str, Any]]:
    if capability.status is CapabilityStatus.RETIRED:
        return []
    return [
        {
            "country": country,
            "kind": capability.kind.value,
            "capability_id": capability.capability_id,
        }
        for country in sorted(capability.coverage.countries)
    ]


def _newest(snapshots: Iterable[S], key: Callable[[S], str]) -> list[S]:
    """Return one snapshot of each thing, its newest, in order of the keys."""
    newest: dict[str, S] = {}
    for snapshot in sorted(snapshots, key=lambda each: each.version):
        newest[key(snapshot)] = snapshot
    return [newest[each] for each in sorted(newest)]


def _keep(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> frozenset[str]:
    """Write the rows whose version is above the stored one; return their keys.

    One statement, so that it locks each row (in order of the keys) before it compares.
    """
    if not rows:
        return frozenset()
    key = next(iter(table.primary_key.columns))
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table).values(rows)
    upsert = statement.on_conflict_do_update(
        index_elements=[key],
        set_={c.name: statement.excluded[c.name] for c in table.c if c is not key},
        where=table.c.version < statement.excluded.version,
    ).returning(key)
    return frozenset(connection.execute(upsert).scalars())
