"""May each service's login do with its tables what it has to, and leave records alone?"""

from collections.abc import Iterator

from sqlalchemy import Table
from sqlalchemy.engine import make_url

from muster.cli.bootstrap import metadata_of
from muster.cli.doctor.finding import Finding, note, trouble, well
from muster.cli.doctor.patient import Database, Patient
from muster.contracts.catalogue import OWNERS
from muster.settings import SERVICE
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
        troubles += _doors(patient, service, database)
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


def _doors(patient: Patient, service: str, database: Database) -> Iterator[Finding]:
    """Yield whose databases a service could get into; if all share a login, that says it."""
    if SERVICE not in patient.settings.database_url.partition("@")[0]:
        return
    for other in OWNERS:
        name = make_url(patient.settings.database_url.replace(SERVICE, other)).database
        if other != service and name and database.may_enter(name):
            yield trouble(
                f"{service} may connect to {name}, the database of {other}",
                f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC, and from its role, if it has it.",
            )


def _is_record(table: Table) -> bool:
    return RECORD.items() <= table.info.items()
