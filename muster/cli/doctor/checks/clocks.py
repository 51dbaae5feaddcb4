"""Do the clocks agree? Deadlines, tokens and timers rest on that."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from muster.cli.doctor.finding import Finding, trouble, well
from muster.cli.doctor.patient import Patient

TOLERATED = timedelta(seconds=5)  # half of what a token's own times may be apart
_MEND = "Have both machines take their time from the same servers (chrony, systemd-timesyncd)."


def check(patient: Patient) -> Iterator[Finding]:
    """Yield every clock that is too far from this machine's."""
    asked: dict[str, Callable[[], datetime | None]] = {
        f"the database of {service}": database.now
        for service, database in patient.answering_databases.items()
    }
    if patient.broker_time is not None:
        asked["RabbitMQ"] = patient.broker_time
    agreeing = []
    for whose, ask in asked.items():
        before = patient.clock.now()
        there = ask()
        if there is None:
            continue  # SQLite, say: there is no clock but ours
        off = _distance(there, before, patient.clock.now())
        if off > TOLERATED:
            yield trouble(f"The clock of {whose} is {off.total_seconds():.0f} s off ours", _MEND)
        else:
            agreeing.append(whose)
    if agreeing:
        yield well(f"The clock agrees with that of {', '.join(agreeing)}")


def _distance(there: datetime, before: datetime, after: datetime) -> timedelta:
    """Return how far a clock is off at least, for an answer that came between these instants."""
    return max(before - there, there - after, timedelta(0))
