"""May each service's login do with its tables what it has to, and leave records alone?"""

from collections.abc import Iterator

from sqlalchemy import Table

from muster.cli.bootstrap import metadata_of
from muster.cli.doctor.finding import Finding, note, trouble, well
from muster.cli.doctor.patient import Database, Patient
from muster.storage.records import RECORD

_ROWS = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
_OF_A_RECORD = frozenset({"SELECT", "INSERT"})
_CHANGES = frozenset({"UPDATE", "DELETE", "TRUNCATE"})
_GIVE = "Set the roles up as deploy/postgres/databases.sh does, then run `muster migrate` as owner."


def check(patient: Patient) -> Iterator[Finding]:
    """Yield the rights that are missing, and those to change what is written once and for all."""
    for service, database in patient.answering_databases.items():
        if database.kind == "sqlite":
            continue  # it has no rights: there it is only a promise of the code
        tables = [t for t in metadata_of(service).sorted_tables if t.name in database.tables()]
        troubles = [*_missing(service, tables, database)]
        troubles += _too_much(service, tables, database, patient.migrates_itself)
        yield from troubles
        if not troubles:
            yield well(f"{service} may use its tables, and only add to its records")


def _missing(service: str, tables: list[Table], database: Database) -> Iterator[Finding]:
    for table in tables:
        needed = _OF_A_RECORD if _is_record(table) else _ROWS
        if lacking := sorted(needed - database.rights(table.name)):
            yield trouble(f"{service} may not {', '.join(lacking)} in {table.name}", _GIVE)


def _too_much(
    service: str, tables: list[Table], database: Database, migrates_itself: bool
) -> Iterator[Finding]:
    records = [table.name for table in tables if _is_record(table)]
    if owned := [name for name in records if database.owns(name)]:
        what = f"{service} logs in as the owner of {', '.join(owned)}, and could change records"
        yield note(what) if migrates_itself else trouble(what, _GIVE)
        return
    for name in records:
        if allowed := sorted(_CHANGES & database.rights(name)):
            yield trouble(
                f"{service} may {', '.join(allowed)} in {name}, whose rows must stay as they are",
                "Take the right away: `muster migrate`, as the owner of the tables, does.",
            )


def _is_record(table: Table) -> bool:
    return RECORD.items() <= table.info.items()
