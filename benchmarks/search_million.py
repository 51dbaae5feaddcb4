"""Candidate search among a million capabilities; it takes minutes and some 12 GB of memory."""

from collections.abc import Iterator

from benchmarks.report import Report
from benchmarks.search import compare

SIZES = (1_000_000,)


def run(rounds: int) -> Iterator[Report]:
    """Measure as `search` does."""
    yield from compare(SIZES, rounds)
