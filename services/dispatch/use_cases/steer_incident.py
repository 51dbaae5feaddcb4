"""Move an incident on."""

from muster.access import Caller
from muster.contracts.dispatch import IncidentStatusChanged
from muster.contracts.vocabulary.identifiers import IncidentId
from muster.contracts.vocabulary.lifecycle import Transition
from muster.contracts.vocabulary.statuses import IncidentStatus
from muster.storage.unit_of_work import UnitOfWork
from services.dispatch.domain.incident import Incident
from services.dispatch.domain.timeline import EntryKind
from services.dispatch.tables import INCIDENTS
from services.dispatch.use_cases.record_keeping import keep_entry
from services.dispatch.use_cases.visibility import see_as_party


def steer_incident(
    work: UnitOfWork, caller: Caller, incident_id: IncidentId, status: IncidentStatus, reason: str
) -> Incident:
    """Move the incident to `status` and return it.

    Raises NotFound for a stranger, IllegalTransition with the allowed steps.
    """
    incident = INCIDENTS.get(work.connection, incident_id, lock=True)
    see_as_party(caller, "incident", incident_id, incident.enterprise_id, incident.provider_id)
    moved = incident.step(status)
    INCIDENTS.save(work, moved)
    work.remember(
        Transition(
            "incident",
            incident_id,
            incident.status,
            status,
            caller.actor,
            reason,
            work.now,
            work.now,
        )
    )
    detail = {
        "incident_id": incident_id,
        "before": incident.status.value,
        "status": status.value,
        "reason": reason,
    }
    keep_entry(work, incident.job_id, EntryKind.INCIDENT, caller.actor, work.now, detail)
    work.record(
        IncidentStatusChanged(
            job_id=incident.job_id,
            request_id=incident.request_id,
            enterprise_id=incident.enterprise_id,
            provider_id=incident.provider_id,
            incident_id=incident_id,
            before=incident.status,
            status=status,
            reason=reason,
        )
    )
    return moved
