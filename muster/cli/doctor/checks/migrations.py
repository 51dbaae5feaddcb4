"""Is every database as new as the program?"""

from collections.abc import Iterator

from alembic.script import ScriptDirectory

from muster.cli.bootstrap import migrations_of
from muster.cli.doctor.finding import Finding, trouble, well
from muster.cli.doctor.patient import Patient


def check(patient: Patient) -> Iterator[Finding]:
    """Yield every database that is older, or newer, than what runs here."""
    current = []
    for service, database in patient.answering_databases.items():
        scripts = ScriptDirectory(str(migrations_of(service)))
        head, found = scripts.get_current_head(), database.revision()
        if found == head:
            current.append(service)
        elif found is None:
            yield trouble(
                f"The database of {service} was never migrated",
                "Make its tables: `muster migrate`.",
            )
        elif found in {each.revision for each in scripts.walk_revisions()}:
            yield trouble(
                f"The database of {service} is at {found}, and the program expects {head}",
                "Bring it up to date: `muster migrate`, before the processes start.",
            )
        else:
            yield trouble(
                f"The database of {service} is at {found}, which this version does not know",
                "A newer Muster has migrated it: run that version here, too.",
            )
    if current:
        yield well(f"The databases of {', '.join(current)} are up to date")
