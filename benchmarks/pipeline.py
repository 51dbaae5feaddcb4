"""Pipeline: three hops, each one message in, one row in PostgreSQL, one message out.

Muster's own subscriber and relay, with inbox and outbox, beside four frameworks that have neither
(`peers/`), and beside a loop written by hand that keeps the same guarantees (`ceiling.py`).

Everybody gets the same messages, the same RabbitMQ node and the same PostgreSQL cluster, in turns.
The processes are started and warmed up, stopped by a signal while their first queue is filled, and
released; the clock runs until the last message has come out. All of it lies in `reports/`.

PIPELINE_MESSAGES sets how many messages, PIPELINE_ONLY names contestants, by commas.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from benchmarks.pipeline_contest import (
    FAILING,
    HOPS,
    Ceiling,
    Contestant,
    Muster,
    Peer,
    Result,
    Servers,
    lost_of_failing,
    run_round,
)
from benchmarks.report import Report, Value, median
from muster.cli.supervise import Supervisor
from tests.servers.postgres import session_cluster
from tests.servers.rabbitmq import session_node
from tests.servers.session import close_session, open_session

MESSAGES = int(os.environ.get("PIPELINE_MESSAGES", "3000"))
CHOSEN = os.environ.get("PIPELINE_ONLY", "")

REPORT = Path("reports/pipeline.json")

_NOTES = (
    "hops/s: medians of the rounds. x best peer, % of ceiling: of these medians.",
    "CPU: processor seconds for a thousand hops; a framework's worker publishes by itself.",
    "lost, doubled: rows of all rounds that are missing, or there twice.",
    f"failing: of {FAILING} messages whose handler raised, how many are nowhere any more.",
    "celery: prefork of 4, acks late, prefetch 50 each. faststream: asyncpg, prefetch 50.",
    "nameko: 10 workers, stock event_handler. dramatiq: 2 processes of 4 threads, no confirms.",
    "Their queues are classic and durable; Muster's and the loop's are quorum queues, confirmed.",
    "celery, faststream and dramatiq have no outbox: a crash in between loses or repeats effects.",
)

CONTESTANTS: tuple[Contestant, ...] = (
    Peer(
        "celery",
        "at least once, no outbox",
        "celery_hops",
        {
            "worker": (
                "celery", "--app", "celery_hops", "worker", "--queues", "one,two,three",
                "--concurrency", "4", "--without-gossip", "--without-mingle",
                "--loglevel", "WARNING",
            )
        },
    ),
    Peer(
        "faststream",
        "at least once, no outbox",
        "faststream_hops",
        {"worker": ("faststream", "run", "faststream_hops:app", "--log-level", "warning")},
    ),
    Peer(
        "nameko",
        "loses what fails",
        "nameko_hops",
        {"worker": ("nameko", "run", "--config", "nameko.yaml", "nameko_hops")},
        queues=tuple(
            f"evt-{heard}-stepped--{name}.take"
            for heard, name in (("source", "one"), ("one", "two"), ("two", "three"))
        ),
    ),
    Peer(
        "dramatiq",
        "at least once, no outbox",
        "dramatiq_hops",
        {
            "worker": (
                "dramatiq", "dramatiq_hops", "--queues", "one", "two", "three",
                "--processes", "2", "--threads", "4",
            )
        },
    ),
    Ceiling(),
    Muster(),
)  # fmt: skip


def run(rounds: int) -> Iterator[Report]:
    """Measure every contestant in each round, one after another."""
    chosen = [c for c in CONTESTANTS if not CHOSEN or c.name in CHOSEN.split(",")]
    results: dict[str, list[Result]] = {contestant.name: [] for contestant in chosen}
    with servers() as (shared, directory):
        for number in range(rounds):
            for contestant in chosen:
                place = directory / f"{contestant.name.replace(' ', '-')}-{number}"
                result = run_round(contestant, shared, place, MESSAGES)
                results[contestant.name].append(result)
        lost = {
            each.name: None
            if isinstance(each, Ceiling)
            else lost_of_failing(each, shared, directory / f"{each.name}-failing")
            for each in chosen
        }
    report = Report(
        name="pipeline",
        title=f"Three hops of {MESSAGES:,} messages",
        rows=[_row(each, results, lost[each.name]) for each in chosen],
        notes=_NOTES,
    )
    REPORT.parent.mkdir(exist_ok=True)
    found = {
        "report": asdict(report),
        "rounds": {n: list(map(asdict, r)) for n, r in results.items()},
    }
    REPORT.write_text(json.dumps(found, indent=2) + "\n")
    yield report


@contextmanager
def servers() -> Iterator[tuple[Servers, Path]]:
    """Start a RabbitMQ node and a PostgreSQL cluster for this benchmark alone."""
    session = open_session()
    try:
        node, cluster = session_node(session), session_cluster(session)
        pids = {
            name: _pid(session / directory, program)
            for name, directory, program in (
                ("rabbitmq", "rabbitmq", "rabbitmq"),
                ("postgresql", "postgres", "postgres"),
            )
        }
        work = session / "pipeline"
        work.mkdir()
        yield Servers(node, cluster, pids), work
    finally:
        close_session(session)


def _pid(directory: Path, program: str) -> int:
    return next(p.pid for p in Supervisor(directory).processes() if p.name == program)


def _row(
    contestant: Contestant, results: dict[str, list[Result]], lost_failing: int | None
) -> dict[str, Value]:
    own = results[contestant.name]
    speed = {name: median(r.hops_per_second for r in each) for name, each in results.items()}
    best_peer = max((speed[c.name] for c in CONTESTANTS if _is_peer(c, speed)), default=None)
    mine = speed[contestant.name]
    thousands = own[0].messages * HOPS / 1000
    cpu: dict[str, Value] = {
        f"{name} CPU": median(result.cpu_seconds.get(name, 0.0) for result in own) / thousands
        for name in ("worker", "relay", "rabbitmq", "postgresql")
    }
    return {
        "pipeline": contestant.name,
        "hops/s": round(mine),
        "x best peer": mine / best_peer if best_peer else None,
        "% of ceiling": 100 * mine / speed[Ceiling.name] if Ceiling.name in speed else None,
        **cpu,
        "lost": sum(result.messages * HOPS - result.rows for result in own),
        "doubled": sum(result.doubled for result in own),
        f"failing {FAILING}: lost": lost_failing,
    }


def _is_peer(contestant: Contestant, speed: dict[str, float]) -> bool:
    return isinstance(contestant, Peer) and contestant.name in speed
