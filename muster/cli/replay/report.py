"""The report of a replay: a line for every row, and what it comes to."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from muster.cli.world.client import Traffic
from muster.cli.world.ledger import Ledger, RequestTrace
from muster.cli.world.outcome import (
    Report,
    lost,
    overbooked,
    quantiles,
    reasons_of,
    traffic_of,
    uses_of,
)
from muster.contracts.vocabulary.statuses import RequestStatus


class RowOutcome(StrEnum):
    """What became of a row that did not become a request; the others end as requests do."""

    IMPOSSIBLE = "impossible"  # the row cannot be a request
    REFUSED = "refused"  # the API would not take it
    FAILED = "failed"  # an error kept it from being submitted
    LOST = "lost"  # it was answered 2xx and came to no end


@dataclass
class Rows:
    """What is known of each row by its number."""

    submitted: dict[int, str] = field(default_factory=dict)  # the request it became
    rejected: dict[int, tuple[RowOutcome, str]] = field(default_factory=dict)
    read: int = 0


@dataclass
class Evidence:
    """All that a report is drawn from."""

    file: Path
    rows: Rows
    ledger: Ledger
    capacities: Mapping[str, int]
    traffic: Traffic
    time_shift_days: int
    seconds: dict[str, float] = field(default_factory=dict)


def report_of(evidence: Evidence) -> Report:
    """Draw up the report."""
    ledger = evidence.ledger
    lines = _lines(evidence.rows, ledger)
    too_full = overbooked(uses_of(ledger), evidence.capacities)
    return {
        "file": evidence.file.name,
        "rows_read": evidence.rows.read,
        "time_shift_days": evidence.time_shift_days,
        "outcomes": _counted(str(line["outcome"]) for line in lines),
        "reasons": {
            outcome: _counted(str(line["reason"]) for line in lines if line["outcome"] == outcome)
            for outcome in dict.fromkeys(str(line["outcome"]) for line in lines)
            if outcome in ("unfilled", *RowOutcome)
        },
        "reviews": dict(sorted(ledger.reviews.items())),  # by the operator's decision
        "jobs_completed": ledger.jobs["completed"],
        "seconds": {
            "submit_to_confirmed": quantiles(
                (trace.confirmed_at - trace.submitted_at).total_seconds()
                for trace in ledger.requests.values()
                if trace.confirmed_at is not None
            ),
            **{phase: round(seconds, 1) for phase, seconds in evidence.seconds.items()},
        },
        "http": traffic_of(evidence.traffic),
        "errors": ledger.error_count,
        "error_samples": ledger.error_samples,
        "lost": len(lost(ledger.requests.values())),
        "overbooked": len(too_full),
        "overbooked_capabilities": too_full,
        "rows": lines,
    }


def _lines(rows: Rows, ledger: Ledger) -> list[Report]:
    gone = set(lost(ledger.requests.values()))
    lines = {
        number: _line(number, outcome.value, reason)
        for number, (outcome, reason) in rows.rejected.items()
    }
    for number, request_id in rows.submitted.items():
        trace = ledger.requests[request_id]
        lines[number] = _line(number, *_ending(trace, request_id in gone))
    return [lines[number] for number in sorted(lines)]


def _line(number: int, outcome: str, reason: str) -> Report:
    return {"row": number, "outcome": outcome, "reason": reason}


def _ending(trace: RequestTrace, is_lost: bool) -> tuple[str, str]:
    if is_lost:
        return RowOutcome.LOST.value, f"last seen {trace.status}"
    status = RequestStatus(trace.view["status"])
    if status is RequestStatus.UNFILLED:
        return status.value, ", ".join(dict.fromkeys(reasons_of(trace.view)))
    return status.value, ""


def _counted(words: Iterable[str]) -> dict[str, int]:
    return dict(Counter(words).most_common())
