"""The report of a demo: what was asked, what became of it, how long it took."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from muster.cli.world.client import Json, Traffic
from muster.cli.world.ledger import Ledger, RequestTrace
from muster.cli.world.outcome import (
    CONFIRMED,
    Report,
    lost,
    overbooked,
    quantiles,
    traffic_of,
    unfilled_by_reason,
    uses_of,
)
from muster.contracts.vocabulary.statuses import OfferStatus, RequestStatus, ReviewStatus

# An offer that was accepted is in one of these states afterwards.
_ACCEPTED = (OfferStatus.ACCEPTED, OfferStatus.COMMITTED, OfferStatus.RELEASED)


@dataclass
class Evidence:
    """All that a report is drawn from: the players' ledger and the operator's final look."""

    ledger: Ledger
    capacities: Mapping[str, int]
    traffic: Traffic
    offers: Counter[str] = field(default_factory=Counter)  # by status, as the system has them
    reviews: Counter[str] = field(default_factory=Counter)  # by status, as the system has them
    notifications: Counter[str] = field(default_factory=Counter)  # sent, by channel
    emails_received: int = 0
    seconds: dict[str, float] = field(default_factory=dict)  # by phase
    faults: list[str] = field(default_factory=list)


def report_of(evidence: Evidence) -> Report:
    """Draw up the report."""
    ledger = evidence.ledger
    traces = list(ledger.requests.values())
    statuses = Counter(str(trace.view.get("status", "lost")) for trace in traces)
    confirmed = sum(statuses[status] for status in CONFIRMED)
    lost_ids = lost(traces)
    too_full = overbooked(uses_of(ledger), evidence.capacities)
    return {
        "requests": len(traces),
        "confirmed": confirmed,
        "confirmed_share": round(confirmed / len(traces), 4) if traces else None,
        "unfilled": unfilled_by_reason(traces),
        "cancelled": statuses[RequestStatus.CANCELLED],
        "expired": statuses[RequestStatus.EXPIRED],
        "offers": _offers(evidence.offers, ledger.offers["counter"]),
        "reviews": {
            "opened": evidence.reviews.total(),
            **{status.value: evidence.reviews[status] for status in ReviewStatus},
        },
        "flags": {
            "suspensions": ledger.counts["suspensions"],
            "raised": ledger.counts["flags_raised"],
            "cleared": ledger.counts["flags_cleared"],
        },
        "jobs_completed": ledger.jobs["completed"],
        "incidents": ledger.counts["incidents"],
        "check_ins_missed": ledger.counts["check_ins_missed"],
        "notifications_sent": dict(sorted(evidence.notifications.items())),
        "emails_received_by_sink": evidence.emails_received,
        "webhooks_received": ledger.counts["webhooks_received"],
        "seconds": {
            "submit_to_first_offer": quantiles(_seconds_to_first_offer(ledger, traces)),
            "submit_to_confirmed": quantiles(_seconds_to_confirmed(traces)),
            **{phase: round(seconds, 1) for phase, seconds in evidence.seconds.items()},
        },
        "faults": evidence.faults,
        "http": traffic_of(evidence.traffic),
        "errors": ledger.error_count,
        "error_samples": ledger.error_samples,
        "lost": len(lost_ids),
        "lost_requests": lost_ids,
        "overbooked": len(too_full),
        "overbooked_capabilities": too_full,
    }


def failed(report: Report) -> bool:
    """Tell whether the report shows anything that must never be."""
    return bool(report["errors"] or report["lost"] or report["overbooked"])


def _offers(by_status: Counter[str], countered: int) -> Json:
    return {
        "made": by_status.total(),
        "accepted": sum(by_status[status] for status in _ACCEPTED),
        "declined": by_status[OfferStatus.DECLINED],
        "expired": by_status[OfferStatus.EXPIRED],
        "countered": countered,
        "withdrawn": by_status[OfferStatus.WITHDRAWN],
    }


def _seconds_to_first_offer(ledger: Ledger, traces: Iterable[RequestTrace]) -> list[float]:
    return [
        (offered_at - trace.submitted_at).total_seconds()
        for trace in traces
        if (offered_at := ledger.first_offers.get(trace.request_id)) is not None
    ]


def _seconds_to_confirmed(traces: Iterable[RequestTrace]) -> list[float]:
    return [
        (trace.confirmed_at - trace.submitted_at).total_seconds()
        for trace in traces
        if trace.confirmed_at is not None
    ]
