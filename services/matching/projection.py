"""Matching's own copy of what the registry says, as far as matching needs it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import Connection, Table, bindparam, select, union
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from muster.contracts.vocabulary.identifiers import CapabilityId, OrganisationId
from muster.contracts.vocabulary.statuses import CapabilityStatus, MemberStatus
from services.matching.domain.capability import Capability
from services.matching.domain.member import Member
from services.matching.revisions import newest_revision, next_revision
from services.matching.tables import capabilities, members, reviews

S = TypeVar("S", Member, Capability)

_MEMBER = TypeAdapter(Member)
_CAPABILITY = TypeAdapter(Capability)
_AT_ONCE = 500  # ids in one statement; SQLite allows no more than 32,766

# Composed once: composing a statement costs more than running it.
_STANDING = select(members.c.organisation_id, members.c.status).where(
    members.c.organisation_id.in_(bindparam("organisation_ids", expanding=True))
)
_MEMBERS = select(members.c.document).where(
    members.c.organisation_id.in_(bindparam("organisation_ids", expanding=True))
)
_CAPABILITIES = (
    select(capabilities.c.document)
    .where(capabilities.c.capability_id.in_(bindparam("capability_ids", expanding=True)))
    .order_by(capabilities.c.capability_id)
)
_LOCKED = _CAPABILITIES.with_for_update()
_CHANGED = (
    select(capabilities.c.document)
    .where(capabilities.c.revision > bindparam("revision"))
    .order_by(capabilities.c.capability_id)
    .execution_options(yield_per=_AT_ONCE)
)
_CHANGED_OWNERS = union(
    select(members.c.organisation_id).where(members.c.revision > bindparam("revision")),
    select(reviews.c.provider_id).where(reviews.c.revision > bindparam("revision")),
)
_OWNED = (
    select(capabilities.c.document)
    .where(
        capabilities.c.provider_id.in_(bindparam("provider_ids", expanding=True)),
        capabilities.c.revision <= bindparam("revision"),
    )
    .order_by(capabilities.c.capability_id)
)


def keep_members(connection: Connection, snapshots: Iterable[Member]) -> frozenset[OrganisationId]:
    """Keep the newest version of each; return the ids of those that were news."""
    newest = _newest(snapshots, lambda member: member.organisation_id)
    if not newest:
        return frozenset()
    revision = next_revision(connection)
    rows = [
        {
            "organisation_id": member.organisation_id,
            "version": member.version,
            "document": _MEMBER.dump_json(member).decode(),
            "status": member.status.value,
            "revision": revision,
        }
        for member in newest
    ]
    return frozenset(map(OrganisationId, _keep(connection, members, rows)))


def keep_capabilities(connection: Connection, snapshots: Iterable[Capability]) -> None:
    """Keep the newest version of each."""
    newest = _newest(snapshots, lambda capability: capability.capability_id)
    if not newest:
        return
    revision = next_revision(connection)
    rows = [
        {
            "capability_id": capability.capability_id,
            "version": capability.version,
            "document": _CAPABILITY.dump_json(capability).decode(),
            "provider_id": capability.provider_id,
            "offered": _offered(capability),
            "kind": capability.kind.value,
            "country": capability.base.country,
            "revision": revision,
        }
        for capability in newest
    ]
    _keep(connection, capabilities, rows)


def standing_of(
    connection: Connection, organisation_ids: Collection[OrganisationId]
) -> dict[OrganisationId, MemberStatus]:
    """Return the status of these members, by id; those the registry never spoke of are absent."""
    rows = connection.execute(_STANDING, {"organisation_ids": organisation_ids})
    return {OrganisationId(each): MemberStatus(status) for each, status in rows}


def load_members(
    connection: Connection, organisation_ids: Collection[OrganisationId]
) -> dict[OrganisationId, Member]:
    """Return what is known of these members, by id."""
    return {
        member.organisation_id: member
        for some in _batches(sorted(organisation_ids))
        for member in map(
            _parse_member, connection.execute(_MEMBERS, {"organisation_ids": some}).scalars()
        )
    }


def load_capabilities(
    connection: Connection, capability_ids: Collection[CapabilityId]
) -> dict[CapabilityId, Capability]:
    """Return what is known of these capabilities, by id."""
    return {
        capability.capability_id: capability
        for some in _batches(sorted(capability_ids))
        for capability in map(
            _parse_capability,
            connection.execute(_CAPABILITIES, {"capability_ids": some}).scalars(),
        )
    }


def lock_capabilities(
    connection: Connection, capability_ids: Collection[CapabilityId]
) -> tuple[Capability, ...]:
    """Return these capabilities as they are now, by id, and lock their rows until commit."""
    return tuple(
        capability
        for some in _batches(sorted(capability_ids))
        for capability in map(
            _parse_capability, connection.execute(_LOCKED, {"capability_ids": some}).scalars()
        )
    )


@dataclass(frozen=True)
class Changes:
    """What is new since a revision: the capabilities whose place in an index may have changed.

    That is those that changed themselves, and those of providers who changed or were decided
    about. If `since` is 0, they are all there are, whatever was known before. `revision` is what to
    ask from next. They are read while you iterate.
    """

    since: int
    revision: int
    capabilities: Iterable[Capability]

    @property
    def anew(self) -> bool:
        """Tell whether they are all there are."""
        return self.since == 0


def changes_since(connection: Connection, revision: int) -> Changes | None:
    """Return what changed after this revision, or None if nothing did.

    Call it in a transaction that has changed none of these rows itself: if that were rolled back,
    its numbers would come again.
    """
    newest = newest_revision(connection)
    if newest == revision:
        return None
    # Lower: another database than before, or one that was put back from a copy.
    since = revision if revision < newest else 0
    return Changes(since, newest, _changed(connection, since))


def _changed(connection: Connection, revision: int) -> Iterator[Capability]:
    since = {"revision": revision}
    found = connection.execute(_CHANGED, since).scalars()
    yield from map(_CAPABILITY.validate_json, found)
    if not revision:
        return
    owners = connection.execute(_CHANGED_OWNERS, since).scalars().all()
    for some in _batches(sorted(owners)):
        asked = {"revision": revision, "provider_ids": some}
        found = connection.execute(_OWNED, asked).scalars()
        yield from map(_parse_capability, found)


# The same few documents are read for every request. These are pure functions of the document, so
# what they remember can never be out of date.
@lru_cache(maxsize=20_000)
def _parse_member(document: str) -> Member:
    return _MEMBER.validate_json(document)


@lru_cache(maxsize=20_000)
def _parse_capability(document: str) -> Capability:
    return _CAPABILITY.validate_json(document)


def _offered(capability: Capability) -> int:
    return capability.capacity if capability.status is CapabilityStatus.PUBLISHED else 0


def _batches(identifiers: Sequence[str]) -> Iterator[Sequence[str]]:
    return (identifiers[start : start + _AT_ONCE] for start in range(0, len(identifiers), _AT_ONCE))


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
    upsert = _newer(table, connection.dialect.name)
    # Rows go as parameters, not as VALUES in the text: so the statement is compiled once.
    return frozenset(connection.execute(upsert, rows).scalars())


@cache
def _newer(table: Table, dialect: str) -> ReturningInsert[Any]:
    key = next(iter(table.primary_key.columns))
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    upsert: ReturningInsert[Any] = statement.on_conflict_do_update(
        index_elements=[key],
        set_={c.name: statement.excluded[c.name] for c in table.c if c is not key},
        where=table.c.version < statement.excluded.version,
    ).returning(key)
    return upsert
