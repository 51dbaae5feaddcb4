"""Several workers of the same services share their queues, and do together what one would."""

from pathlib import Path
from time import monotonic

import pytest

from muster.contracts.catalogue import OWNERS
from tests.scale.conftest import keep_runs
from tests.scale.fleet import Fleet, fleet
from tests.servers.postgres import Cluster
from tests.vitals import vitals_of
from tests.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.broker, pytest.mark.timeout(900)]

SOURCING = "matching.sourcing"  # where requests wait for a matcher
EVERY_THIRD = 3
ROUNDS, BURST = 2, 60
LIMIT = (
    "all processes and the load share the cores of this machine, so workers gain only what the "
    "others leave them; what the others take stands beside"
)


@pytest.mark.parametrize(
    ("store", "workers"),
    [("sqlite", 2), pytest.param("postgresql", 3, marks=pytest.mark.postgres)],
)
def test_workers_share_the_queues_and_one_may_die(
    request: pytest.FixtureRequest, tmp_path: Path, store: str, workers: int
) -> None:
    """Several matchers contend for the same few teams at once; kill -9 strikes one of them."""
    with fleet(tmp_path, database(request, store), workers=workers, contended=EVERY_THIRD) as many:
        with many.load.running():
            eventually(lambda: all_match(many), within_s=60, every_s=0.5)
            many.kill("worker-2")
            eventually(lambda: all_match(many), within_s=60, every_s=0.5)
        many.nothing_is_lost()


def all_match(many: Fleet) -> bool:
    """Tell whether every worker has sourced requests since it was started."""
    return all(many.done_by(name)[SOURCING] >= 5 for name in many.metrics)


@pytest.mark.postgres
def test_what_one_two_and_three_workers_do(
    request: pytest.FixtureRequest, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    """In turns, so that whatever else the machine does strikes all alike; nothing is lost."""
    took: dict[int, list[Measured]] = {1: [], 2: [], 3: []}
    with fleet(tmp_path, database(request, "postgresql"), workers=3, contended=10) as many:
        for _ in range(ROUNDS):
            for number in took:
                many.let_work(number)
                measured(many, number)  # what only a worker that has just started costs
                took[number].append(measured(many, number))
        many.nothing_is_lost()
    keep_runs(pytestconfig, [average(number, runs) for number, runs in took.items()], LIMIT)


Measured = dict[str, float]


def measured(many: Fleet, number: int) -> Measured:
    """Ask for much at once and see how long it takes to its end, and at what cost."""
    workers = list(many.metrics)[:number]
    before, began = vitals_of(many.pids()), monotonic()
    messages = sum(many.done_by(name).total() for name in workers)
    for _ in range(BURST):
        many.load.probe()
    many.settled()
    seconds = monotonic() - began
    messages = sum(many.done_by(name).total() for name in workers) - messages
    used = {
        name: vitals.cpu_seconds - before[name].cpu_seconds
        for name, vitals in vitals_of(many.pids()).items()
        if name in before
    }
    of_workers = sum(seconds for name, seconds in used.items() if name in workers)
    return {
        "journeys_s": BURST / seconds,
        "messages_s": messages / seconds,
        "cores_workers": of_workers / seconds,
        "cores_others": (sum(used.values()) - of_workers) / seconds,
    }


def average(number: int, runs: list[Measured]) -> Measured:
    """Return the mean of the runs of a number of workers."""
    means = {name: round(sum(run[name] for run in runs) / len(runs), 2) for name in runs[0]}
    return {"workers": number, **means}


def database(request: pytest.FixtureRequest, store: str) -> str | None:
    """Return the address of fresh databases, or none for SQLite's files."""
    if store == "sqlite":
        return None
    cluster: Cluster = request.getfixturevalue("postgres")
    return cluster.fresh_databases(OWNERS)
