"""Lets a fault strike, waits until all is well again, and notes how long that took."""

from tests.faults.faults import ACCEPTED_WITHIN_S, Fault
from tests.faults.patient import Patient, now
from tests.waiting import eventually

RECOVERED_WITHIN_S = 90
_REDELIVERED = "rabbitmq_global_messages_redelivered_total"


def undergo(patient: Patient, fault: Fault) -> None:
    """Inflict the fault; return once everything is ready and a request sent afterwards has its
    first offer. Requests are accepted while an outage lasts, or this fails."""
    eventually(lambda: not patient.not_ready(), within_s=RECOVERED_WITHIN_S)
    redelivered = patient.seen_by_the_broker(_REDELIVERED)
    with fault.inflict(patient) as struck:
        if fault.outage:
            meanwhile = patient.load.probe()
            eventually(lambda: patient.load.was_acknowledged(meanwhile), within_s=ACCEPTED_WITHIN_S)
    over = now()
    key = patient.load.probe()
    try:
        eventually(lambda: patient.serves(key), within_s=RECOVERED_WITHIN_S)
    except AssertionError as error:
        offered = patient.load.was_offered(key)
        raise AssertionError(f"offered: {offered}; not ready: {patient.not_ready()}") from error
    recovered = now()
    again = patient.seen_by_the_broker(_REDELIVERED)
    patient.segments.append(
        {
            "fault": fault.name,
            "since": struck,
            "until": recovered,
            "lasted_s": round(over - struck, 2),
            "recovered_s": round(recovered - struck, 2),
            "redelivered": int(again - redelivered if again >= redelivered else again),
        }
    )
