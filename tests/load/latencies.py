"""How long things took, counted from when a submission was due: waiting for a turn counts."""

import math
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from tests.load import ledger as said
from tests.load.ledger import entries

_NAMES = {
    said.ACKNOWLEDGED: "submit",
    said.OFFERED: "first_offer",
    said.CONFIRMED: "confirmed",
    said.ENDED: "closed",
}


@dataclass(frozen=True)
class Latency:
    """Seconds: the median, the 95th and 99th percentile, the longest; and of how many."""

    p50: float
    p95: float
    p99: float
    longest: float
    count: int


def latencies(
    ledger: Path, since: float = -math.inf, until: float = math.inf
) -> dict[str, Latency]:
    """Return how long each stage took, of the submissions that were due in this time."""
    due_of: dict[str, float] = {}
    reached: list[tuple[str, str, float]] = []
    for entry in entries(ledger):
        name = _NAMES.get(entry["is"])
        if entry["is"] == said.ACKNOWLEDGED:
            due_of[entry["request"]] = entry["due"]
        if name and (name != "closed" or entry["status"] == "closed"):
            reached.append((name, entry["request"], entry["at"]))
    taken: dict[str, list[float]] = defaultdict(list)
    for name, request_id, at in reached:  # an offer may be heard of before its 201
        due = due_of.get(request_id)
        if due is not None and since <= due < until:
            taken[name].append(at - due)
    return {name: latency_of(seconds) for name, seconds in taken.items()}


def latency_of(seconds: list[float]) -> Latency:
    """Return the quantiles (nearest rank) of at least one measurement."""
    ordered = sorted(seconds)

    def rank(share: float) -> float:
        return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 4)

    return Latency(rank(0.5), rank(0.95), rank(0.99), rank(1), len(ordered))
