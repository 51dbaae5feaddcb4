"""How things stand in dispatch, for the gauges that operators see."""

from datetime import datetime

from sqlalchemy import Connection, Integer, case, cast, func, select

from muster.contracts.vocabulary.statuses import IncidentStatus
from muster.observability import metrics_of_work as metrics
from muster.observability.measuring import set_all
from muster.storage.documents import in_document
from muster.storage.measures import by_labels
from services.dispatch.domain.job import FINAL, WATCHED
from services.dispatch.tables import incidents, jobs

_ALIVE = [
    status.value
    for status in (IncidentStatus.REPORTED, IncidentStatus.TRIAGED, IncidentStatus.ACTIVE)
]
_FINAL = [status.value for status in FINAL]
_WATCHED = sorted(status.value for status in WATCHED)


def measure(connection: Connection, _now: datetime) -> None:
    """Set all gauges of dispatch."""
    _jobs(connection)
    _check_ins(connection)
    _incidents(connection)


def _jobs(connection: Connection) -> None:
    query = (
        select(jobs.c.status, func.count())
        .where(jobs.c.status.not_in(_FINAL))
        .group_by(jobs.c.status)
    )
    set_all(metrics.JOBS_OPEN, by_labels(connection, query))


def _check_ins(connection: Connection) -> None:
    """Count the teams of whom a check-in was missed, and nothing was heard since."""
    country = in_document(connection, jobs.c.document, "place", "country")
    missed = cast(in_document(connection, jobs.c.document, "watch", "missed"), Integer)
    silent = func.sum(case((missed > 0, 1), else_=0))
    query = select(country, silent).where(jobs.c.status.in_(_WATCHED)).group_by(country)
    set_all(metrics.CHECK_INS_OVERDUE, by_labels(connection, query))


def _incidents(connection: Connection) -> None:
    severity = in_document(connection, incidents.c.document, "severity")
    query = select(severity, func.count()).where(incidents.c.status.in_(_ALIVE)).group_by(severity)
    set_all(metrics.INCIDENTS_OPEN, by_labels(connection, query))
