"""Observability: what metrics and traces cost, of the message pipeline and of HTTP posts.

The same processes in four ways: without metrics, with them, and with traces of a hundredth or of
all journeys as well, which a collector takes. They take turns within each round, in an order that
moves on. The pipeline is `pipeline`'s Muster: three hops, real RabbitMQ and PostgreSQL. The posts
are requests for protection, sent to an api process of matching.

A ratio compares what was measured within one round; the median of the rounds' ratios is shown. That
of the processor time moves less than that of the throughput where the machine is shared.

OBSERVED_MESSAGES and OBSERVED_POSTS set how many; OBSERVED_ONLY=posts leaves out the pipeline.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.observability_collector import collector
from benchmarks.observability_posts import Api, running_api
from benchmarks.observability_program import METRICS
from benchmarks.pipeline_arena import Servers, servers
from benchmarks.pipeline_contest import HOPS, run_round
from benchmarks.pipeline_contestants import Muster, Program
from benchmarks.report import Report, Value, median

MESSAGES = int(os.environ.get("OBSERVED_MESSAGES", "4000"))
POSTS = int(os.environ.get("OBSERVED_POSTS", "600"))
ONLY = os.environ.get("OBSERVED_ONLY", "")
POSTS_BEFORE = 100

OFF = "no metrics, no traces"
METERED = "metrics"
SAMPLED = "metrics, traces 1 %"
TRACED = "metrics, traces 100 %"

AGAINST = {METERED: OFF, SAMPLED: METERED, TRACED: METERED}
_RATIOS = {SAMPLED: "0.01", TRACED: "1"}

_PROGRAM = "benchmarks.observability_program"
_NOTES = (
    "cost: medians over the rounds of how much longer it took, or how much more processor time,",
    "than beside what stands in `beside`, in the same round. Below 0: within the noise.",
    "CPU ms: of Muster's processes; for one hop, or one post.",
)


@dataclass(frozen=True)
class Figure:
    """What one turn of one way gave, for one hop or post."""

    seconds: float
    cpu_seconds: float


Figures = Mapping[str, Sequence[Figure]]


class Observed(Muster):
    """Muster's pipeline, observed in one way."""

    def __init__(self, way: str, collector_url: str) -> None:
        self.name = way
        self._environment = environment(way, collector_url)

    def programs(self) -> Mapping[str, Program]:
        """Return a worker and a relay."""
        command = (sys.executable, "-m", _PROGRAM)
        return {
            name: Program((*command, name), environment=self._environment)
            for name in super().programs()
        }


def environment(way: str, collector_url: str) -> dict[str, str]:
    """Return what makes a process be observed in this way."""
    metrics = {METRICS: "off" if way == OFF else "on"}
    if way not in _RATIOS:
        return metrics
    return {
        **metrics,
        "MUSTER_OTLP_ENDPOINT": collector_url,
        "MUSTER_TRACE_SAMPLE_RATIO": _RATIOS[way],
    }


def run(rounds: int) -> Iterator[Report]:
    """Measure every way in each round."""
    with servers() as (shared, directory), collector() as url:
        if ONLY != "posts":
            yield _report("pipeline", MESSAGES * HOPS, _pipeline(rounds, shared, directory, url))
        if ONLY != "pipeline":
            yield _report("HTTP posts", POSTS, _posts(rounds, shared, directory, url))


def _pipeline(rounds: int, shared: Servers, directory: Path, url: str) -> Figures:
    figures: dict[str, list[Figure]] = {way: [] for way in WAYS}
    for number in range(rounds):
        for way in _turns(number):
            place = directory / f"{number}-{WAYS.index(way)}"
            result = run_round(Observed(way, url), shared, place, MESSAGES)
            cpu = result.cpu_of("worker") + result.cpu_of("relay")
            hops = result.messages * HOPS
            figures[way].append(Figure(result.seconds / hops, cpu / hops))
    return figures


def _posts(rounds: int, shared: Servers, directory: Path, url: str) -> Figures:
    figures: dict[str, list[Figure]] = {way: [] for way in WAYS}
    with ExitStack() as stack:
        apis: dict[str, Api] = {}
        for way in WAYS:
            place = directory / f"api-{WAYS.index(way)}"
            api = running_api(shared.cluster, place, environment(way, url))
            apis[way] = stack.enter_context(api)
            apis[way].post(POSTS_BEFORE)
        # Short turns, and many: what else the machine does then meets all of them alike.
        for number in range(rounds * 4):
            for way in _turns(number):
                cpu = apis[way].cpu_seconds()
                seconds = apis[way].post(POSTS)
                spent = apis[way].cpu_seconds() - cpu
                figures[way].append(Figure(seconds / POSTS, spent / POSTS))
    return figures


WAYS = (OFF, METERED, SAMPLED, TRACED)


def _turns(number: int) -> Sequence[str]:
    start = number % len(WAYS)
    turns = WAYS[start:] + WAYS[:start]
    return turns[::-1] if number // len(WAYS) % 2 else turns


def _report(what: str, count: int, figures: Figures) -> Report:
    return Report(
        name=f"observability {what}",
        title=f"What it costs to observe: {what}, {count:,} in a turn",
        rows=[_row(way, figures) for way in WAYS],
        notes=_NOTES,
    )


def _row(way: str, figures: Figures) -> dict[str, Value]:
    own = figures[way]
    beside = AGAINST.get(way)
    return {
        "observed by": way,
        "per s": round(median(1 / each.seconds for each in own)),
        "CPU ms": 1000 * median(each.cpu_seconds for each in own),
        "beside": beside or "",
        "cost in time %": None if beside is None else _cost(own, figures[beside], _seconds),
        "cost in CPU %": None if beside is None else _cost(own, figures[beside], _cpu),
    }


def _seconds(figure: Figure) -> float:
    return figure.seconds


def _cpu(figure: Figure) -> float:
    return figure.cpu_seconds


def _cost(own: Sequence[Figure], beside: Sequence[Figure], of: Callable[[Figure], float]) -> float:
    ratios = (of(mine) / of(theirs) for mine, theirs in zip(own, beside, strict=True))
    return 100 * (median(ratios) - 1)
