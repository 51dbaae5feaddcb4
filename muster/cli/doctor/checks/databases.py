"""Can each service's database be asked?"""

from collections.abc import Iterator

from muster.cli.doctor.finding import Finding, trouble, well
from muster.cli.doctor.patient import DatabaseUnusable, Patient


def check(patient: Patient) -> Iterator[Finding]:
    """Yield every database that does not answer."""
    for service, database in patient.databases.items():
        if isinstance(database, DatabaseUnusable):
            yield trouble(
                f"The database of {service} cannot be used: {database}",
                "See that it runs and is there, and that MUSTER_DATABASE_URL and "
                "MUSTER_DATABASE_PASSWORD_FILE are right; `muster migrate` makes its tables.",
            )
    if reached := patient.answering_databases:
        yield well(f"The databases of {', '.join(reached)} answer")
