"""Where dispatch keeps what matching says against providers at work."""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, RowMapping, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from muster.contracts.vocabulary.identifiers import OrganisationId, RequestId
from services.dispatch.domain.flag import Finding, Flag
from services.dispatch.tables import flags

_FINDINGS = TypeAdapter(tuple[Finding, ...])
# Composed once: every answer about a job asks it.
_OF_REQUESTS = select(flags).where(flags.c.request_id.in_(bindparam("request_ids", expanding=True)))

Flags = Mapping[tuple[RequestId, OrganisationId], Flag]


def flags_of(connection: Connection, request_ids: Collection[RequestId]) -> Flags:
    """Return what is known of the providers of these requests, by request and provider."""
    rows = connection.execute(_OF_REQUESTS, {"request_ids": request_ids})
    return {(each.request_id, each.provider_id): each for each in map(_flag, rows.mappings())}


def keep_flag(connection: Connection, flag: Flag) -> None:
    """Keep the flag in the place of an older one; the caller has seen that it is news."""
    row: dict[str, Any] = {
        "request_id": flag.request_id,
        "provider_id": flag.provider_id,
        "version": flag.version,
        "raised": flag.raised,
        "findings": _FINDINGS.dump_python(flag.findings, mode="json"),
        "rule_pack": flag.rule_pack,
        "since": flag.since,
    }
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(flags).values(row)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[flags.c.request_id, flags.c.provider_id], set_=row
        )
    )


def _flag(row: RowMapping) -> Flag:
    return Flag(
        request_id=row["request_id"],
        provider_id=row["provider_id"],
        version=row["version"],
        raised=row["raised"],
        findings=_FINDINGS.validate_python(row["findings"]),
        rule_pack=row["rule_pack"],
        since=row["since"],
    )
