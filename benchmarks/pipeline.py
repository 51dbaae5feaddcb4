"""Pipeline: three hops, each one message in, one row in PostgreSQL, one message out.

Muster's own subscriber and relay, with inbox and outbox, beside four frameworks that have neither
(`peers/`), and beside a loop written by hand that keeps the same guarantees (`ceiling.py`).

Everybody gets the same messages, the same RabbitMQ node and the same PostgreSQL cluster, in turns.
The processes are started and warmed up, stopped by a signal while their first queue is filled, and
released; the clock runs until the last message has come out. Before the rounds, every framework is
tried once in each of its settings (`pipeline_peers.py`), and goes on with the quickest; Muster and
the loop have one. All of it lies in `reports/`.

PIPELINE_MESSAGES sets how many messages, PIPELINE_ONLY names contestants, by commas.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.pipeline_arena import Servers, servers
from benchmarks.pipeline_contest import FAILING, HOPS, Result, lost_of_failing, run_round
from benchmarks.pipeline_contestants import Ceiling, Contestant, Muster
from benchmarks.pipeline_peers import SETTINGS, Peer
from benchmarks.report import Report, Value, median

MESSAGES = int(os.environ.get("PIPELINE_MESSAGES", "2000"))
TRIED_WITH = min(MESSAGES, 700)
CHOSEN = os.environ.get("PIPELINE_ONLY", "")

REPORT = Path("reports/pipeline.json")

_TRIED = (
    f"One try each, of {TRIED_WITH:,} messages; the first of each framework is its own default.",
    "prefetch: celery's for each process; faststream's, and dramatiq's for each process, by queue.",
    "nameko prefetches as many as it has green threads, by queue; 3 processes have a service each.",
)
_NOTES = (
    "hops/s: medians of the rounds. x best peer, % of ceiling: of these medians.",
    "CPU: processor seconds for a thousand hops; a framework's worker publishes by itself.",
    "lost, doubled: rows of all rounds that are missing, or there twice.",
    f"failing: of {FAILING} messages whose handler raised, how many are nowhere any more.",
    "Each framework in the quickest of its settings above, muster as `muster up` starts it.",
    "celery acks late; celery and dramatiq publish without confirms; faststream uses asyncpg.",
    "Their queues are classic and durable; Muster's and the loop's are quorum queues, confirmed.",
    "celery, faststream and dramatiq have no outbox: a crash in between loses or repeats effects.",
)


def run(rounds: int) -> Iterator[Report]:
    """Try the settings, then measure every contestant in each round, one after another."""
    with servers() as (shared, directory):
        tried = [_try(peer, shared, directory) for peer in SETTINGS if _is_chosen(peer)]
        peers = quickest(tried)
        if peers:
            yield _settings(tried, peers)
        contestants = [*peers, *filter(_is_chosen, (Ceiling(), Muster()))]
        results = _rounds(contestants, shared, directory, rounds)
        lost = {
            each.name: lost_of_failing(each, shared, directory / f"{each.name}-failing")
            for each in contestants
            if not isinstance(each, Ceiling)
        }
    report = Report(
        name="pipeline",
        title=f"Three hops of {MESSAGES:,} messages",
        rows=[_row(each, results, peers, lost.get(each.name)) for each in contestants],
        notes=_NOTES,
    )
    _keep(report, results, tried, peers)
    yield report


def _is_chosen(contestant: Contestant) -> bool:
    return not CHOSEN or contestant.name in CHOSEN.split(",")


Try = tuple[Peer, float]  # hops per second


def _try(peer: Peer, shared: Servers, directory: Path) -> Try:
    place = directory / f"try-{SETTINGS.index(peer)}"
    return peer, run_round(peer, shared, place, TRIED_WITH).hops_per_second


def quickest(tried: Sequence[Try]) -> list[Peer]:
    """Return each framework in its quickest setting."""
    best: dict[str, Try] = {}
    for peer, speed in tried:
        if peer.name not in best or speed > best[peer.name][1]:
            best[peer.name] = peer, speed
    return [peer for peer, _ in best.values()]


def _settings(tried: Sequence[Try], taken: Sequence[Peer]) -> Report:
    rows: list[dict[str, Value]] = [
        {
            "who": peer.name,
            "setting": peer.setting,
            "hops/s": round(speed),
            "quickest": "yes" if peer in taken else "",
        }
        for peer, speed in tried
    ]
    return Report("pipeline settings", "The frameworks' settings, tried", rows, _TRIED)


def _rounds(
    contestants: Sequence[Contestant], shared: Servers, directory: Path, rounds: int
) -> dict[str, list[Result]]:
    results: dict[str, list[Result]] = {each.name: [] for each in contestants}
    for number in range(rounds):
        for each in contestants:
            place = directory / f"{each.name.replace(' ', '-')}-{number}"
            results[each.name].append(run_round(each, shared, place, MESSAGES))
    return results


def _row(
    contestant: Contestant,
    results: Mapping[str, Sequence[Result]],
    peers: Sequence[Peer],
    lost_failing: int | None,
) -> dict[str, Value]:
    own = results[contestant.name]
    speed = {name: median(r.hops_per_second for r in each) for name, each in results.items()}
    best_peer = max((speed[peer.name] for peer in peers), default=None)
    mine = speed[contestant.name]
    thousands = own[0].messages * HOPS / 1000
    cpu: dict[str, Value] = {
        f"{part} CPU": median(result.cpu_of(part) for result in own) / thousands
        for part in ("worker", "relay", "rabbitmq", "postgresql")
    }
    return {
        "who": contestant.name,
        "hops/s": round(mine),
        "x best peer": mine / best_peer if best_peer else None,
        "% of ceiling": 100 * mine / speed[Ceiling.name] if Ceiling.name in speed else None,
        **cpu,
        "lost": sum(result.messages * HOPS - result.rows for result in own),
        "doubled": sum(result.doubled for result in own),
        f"failing {FAILING}: lost": lost_failing,
    }


def _keep(
    report: Report,
    results: Mapping[str, Sequence[Result]],
    tried: Sequence[Try],
    taken: Sequence[Peer],
) -> None:
    REPORT.parent.mkdir(exist_ok=True)
    found = {
        "report": asdict(report),
        "settings": {peer.name: peer.setting for peer in taken},
        "tried": [[peer.name, peer.setting, speed] for peer, speed in tried],
        "rounds": {name: list(map(asdict, each)) for name, each in results.items()},
    }
    REPORT.write_text(json.dumps(found, indent=2) + "\n")
