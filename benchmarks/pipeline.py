"""Pipeline: three hops, each one message in, one row in PostgreSQL, one message out."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.pipeline_contest import (
    HOPS,
    Ceiling,
    Contestant,
    Muster,
    Peer,
    Result,
    Servers,
    run_round,
)
from benchmarks.report import Report, Value, median
from muster.cli.supervise import Supervisor
from tests.servers.postgres import session_cluster
from tests.servers.rabbitmq import session_node
from tests.servers.session import close_session, open_session

MESSAGES = int(os.environ.get("PIPELINE_MESSAGES", "3000"))
CHOSEN = os.environ.get("PIPELINE_ONLY", "")

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
                print(contestant.name, f"{result.hops_per_second:,.0f} hops/s", result, flush=True)
                results[contestant.name].append(result)
    yield Report(
        name="pipeline",
        title=f"Three hops of {MESSAGES:,} messages",
        rows=[_row(contestant, results) for contestant in chosen],
    )


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


def _row(contestant: Contestant, results: dict[str, list[Result]]) -> dict[str, Value]:
    own = results[contestant.name]
    thousands = own[0].messages * HOPS / 1000
    cpu: dict[str, Value] = {
        f"{name} CPU s": median(result.cpu_seconds.get(name, 0.0) for result in own) / thousands
        for name in ("worker", "relay", "rabbitmq", "postgresql")
    }
    return {
        "pipeline": contestant.name,
        "hops/s": round(median(result.hops_per_second for result in own)),
        **cpu,
        "lost": sum(result.messages * HOPS - result.rows for result in own),
        "doubled": sum(result.doubled for result in own),
        "guarantees": contestant.guarantees,
    }
