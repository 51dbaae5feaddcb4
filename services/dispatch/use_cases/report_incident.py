"""Take a report that something happened on a job."""

from datetime import datetime

from muster.access import Caller
from muster.contracts.dispatch import IncidentReported
from muster.contracts.vocabulary.identifiers import IncidentId, JobId, Prefix
from muster.contracts.vocabulary.lifecycle import Transition
from muster.contracts.vocabulary.statuses import IncidentSeverity
from muster.contracts.vocabulary.values import Position
from muster.storage.unit_of_work import UnitOfWork
from services.dispatch.domain.incident import Incident, severity_of
from services.dispatch.domain.job import Job
from services.dispatch.domain.reports import time_of
from services.dispatch.domain.timeline import EntryKind
from services.dispatch.tables import INCIDENTS
from services.dispatch.use_cases.record_keeping import keep_entry, point
from services.dispatch.use_cases.visibility import job_of_party


def report_incident(
    work: UnitOfWork,
    caller: Caller,
    job_id: JobId,
    severity: IncidentSeverity | None,
    summary: str,
    *,
    sos: bool = False,
    position: Position | None = None,
    occurred_at: datetime | None = None,
) -> Incident:
    """Open an incident and return it; taken from every party, in every state of the job.

    Raises NotFound for a stranger, FromTheFuture.
    """
    job = job_of_party(work, caller, job_id)
    happened_at = time_of(occurred_at, work.now)
    incident = Incident(
        incident_id=IncidentId(work.ids.new(Prefix.INCIDENT)),
        job_id=job.job_id,
        request_id=job.request_id,
        enterprise_id=job.enterprise_id,
        provider_id=job.provider_id,
        severity=severity_of(severity, sos=sos),
        sos=sos,
        summary=summary,
        position=position,
        reported_by=caller.actor,
        occurred_at=happened_at,
        reported_at=work.now,
    )
    INCIDENTS.add(work, incident)
    _tell(work, job, incident)
    return incident


def _tell(work: UnitOfWork, job: Job, incident: Incident) -> None:
    work.remember(
        Transition(
            thing="incident",
            thing_id=incident.incident_id,
            before="",
            after=incident.status,
            actor=incident.reported_by,
            reason=incident.summary,
            occurred_at=incident.occurred_at,
            recorded_at=work.now,
        )
    )
    detail: dict[str, object] = {
        "incident_id": incident.incident_id,
        "status": incident.status.value,
        "severity": incident.severity.value,
        "sos": incident.sos,
        "summary": incident.summary,
    }
    if incident.position is not None:
        detail["position"] = point(incident.position)
    keep_entry(
        work, job.job_id, EntryKind.INCIDENT, incident.reported_by, incident.occurred_at, detail
    )
    work.record(
        IncidentReported(
            job_id=job.job_id,
            request_id=job.request_id,
            enterprise_id=job.enterprise_id,
            provider_id=job.provider_id,
            incident_id=incident.incident_id,
            severity=incident.severity,
            sos=incident.sos,
            summary=incident.summary,
            position=incident.position,
            occurred_at=incident.occurred_at,
        )
    )
