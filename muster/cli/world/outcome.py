"""The arithmetic of what became of it all: lost requests, overbooked capabilities, quantiles."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from muster.cli.world.client import Json, Traffic
from muster.cli.world.ledger import Ledger, RequestTrace, instant
from muster.contracts.vocabulary.statuses import REQUEST, RequestStatus

Report = dict[str, Any]
CONFIRMED = frozenset({RequestStatus.CONFIRMED, RequestStatus.IN_SERVICE, RequestStatus.CLOSED})
# Members whose desks nobody plays are excluded, which says nothing about what is lacking.
_OUR_OWN_WISH = "not_excluded"
FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Use:
    """A quantity of a capability that was committed for a window, from `since` until `until`.

    Seen from outside, so `since` may be late and `until` early, never the other way round:
    whatever looks overbooked then truly is.
    """

    capability_id: str
    quantity: int
    starts_at: datetime
    ends_at: datetime
    since: datetime
    until: datetime = FOREVER


def quantile(values: Iterable[float], share: float) -> float | None:
    """Return the smallest value that this share of all values does not exceed (nearest rank)."""
    ordered = sorted(values)
    if not ordered:
        return None
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 3)


def quantiles(values: Iterable[float]) -> dict[str, float | None]:
    """Return the median and the 95th percentile."""
    known = list(values)
    return {"p50": quantile(known, 0.50), "p95": quantile(known, 0.95)}


def lost(traces: Iterable[RequestTrace]) -> list[str]:
    """Return the ids of requests that were answered 2xx and came to no end.

    A request is not lost once it is confirmed or final, by the view an operator has of it.
    """
    return [trace.request_id for trace in traces if not _came_through(trace.view)]


def _came_through(view: Json) -> bool:
    if not view:
        return False
    status = RequestStatus(view["status"])
    return status in CONFIRMED or REQUEST.is_final(status)


def overbooked(uses: Iterable[Use], capacities: Mapping[str, int]) -> list[str]:
    """Return the capabilities of which more was committed at one instant than there is."""
    by_capability: dict[str, list[Use]] = defaultdict(list)
    for use in uses:
        by_capability[use.capability_id].append(use)
    return sorted(
        capability_id
        for capability_id, found in by_capability.items()
        if capability_id in capacities and most_at_once(found) > capacities[capability_id]
    )


def most_at_once(uses: Sequence[Use]) -> int:
    """Return the largest quantity committed for one instant, of commitments alive together.

    The level can only reach a new height when a commitment is made, so it is enough to look at
    those moments.
    """
    return max((_level_when_made(use, uses) for use in uses), default=0)


def _level_when_made(made: Use, uses: Sequence[Use]) -> int:
    beside = [
        use
        for use in uses
        if use.starts_at < made.ends_at
        and made.starts_at < use.ends_at
        and use.since <= made.since < use.until
    ]
    starts = {max(use.starts_at, made.starts_at) for use in beside}
    return max(
        (sum(u.quantity for u in beside if u.starts_at <= at < u.ends_at) for at in starts),
        default=0,
    )


def uses_of(ledger: Ledger) -> list[Use]:
    """Return what the confirmed requests committed, as the operator's views name it."""
    return [
        use
        for trace in ledger.requests.values()
        if trace.confirmed_at is not None and trace.view
        for use in _uses_of_request(trace, ledger.jobs_ended)
    ]


def _uses_of_request(
    trace: RequestTrace, jobs_ended: Mapping[tuple[str, str], datetime]
) -> Iterable[Use]:
    window = trace.view["window"]
    for assignment in trace.view["assignments"]:
        ended = jobs_ended.get((trace.request_id, str(assignment["provider_id"])), FOREVER)
        yield Use(
            capability_id=str(assignment["capability_id"]),
            quantity=int(assignment["quantity"]),
            starts_at=instant(window["starts_at"]),
            ends_at=instant(window["ends_at"]),
            since=trace.confirmed_at or FOREVER,
            until=min(ended, trace.cancelled_at or FOREVER),
        )


def reasons_of(view: Json) -> list[str]:
    """Return why a request stayed unfilled, the commonest reason of each shortfall."""
    found = []
    for shortfall in view.get("shortfalls", ()):
        reasons = Counter({str(k): int(n) for k, n in shortfall["reasons"].items()})
        commonest = min(reasons.items(), key=_weight, default=None)
        found.append(commonest[0] if commonest else "no capability of this kind")
    return found


def _weight(reason: tuple[str, int]) -> tuple[bool, int, str]:
    name, count = reason
    return name == _OUR_OWN_WISH, -count, name


def unfilled_by_reason(traces: Iterable[RequestTrace]) -> dict[str, int]:
    """Count the unfilled requests by the commonest reason of their first shortfall."""
    counted = Counter(
        next(iter(reasons_of(trace.view)), "no reason given")
        for trace in traces
        if trace.view.get("status") == RequestStatus.UNFILLED
    )
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def traffic_of(traffic: Traffic) -> Json:
    """Return what a report says of the calls made."""
    return {
        "calls": traffic.calls,
        "retries": traffic.retries,
        "refused": {str(status): n for status, n in sorted(traffic.refused.items())},
    }
