"""Candidate search with all gates, beside the same question in PostgreSQL."""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import psycopg

from benchmarks.alliance import alliance
from benchmarks.postgres import private_postgres
from benchmarks.report import Report, Value, median
from benchmarks.requests import questions
from benchmarks.rival import fill
from benchmarks.rival_query import Statement, statement
from benchmarks.taken import Taken
from services.matching.engine.index import Index, Search
from services.matching.engine.policy import USUAL_WEIGHTS, Policy
from services.matching.engine.travel import USUAL_TRAVEL
from services.matching.rule_pack import load_rule_pack

SIZES = (1_000, 10_000, 100_000)
QUESTIONS = 400
LIMIT = 20
_CHUNK = 10_000
_TOLERANCE = 1e-9

Answer = list[tuple[str, float]]


def run(rounds: int) -> Iterator[Report]:
    """Measure up to a hundred thousand capabilities; `search_million` measures the rest."""
    yield compare(SIZES, rounds)


def compare(sizes: Sequence[int], rounds: int) -> Report:
    """Measure at each of these sizes."""
    return Report(
        name="search",
        title="The 20 best candidates that pass all gates and have something free",
        rows=[_row(size, rounds) for size in sizes],
        notes=(
            f"{QUESTIONS} different questions, each put to both in every round; of each question"
            " the median of the rounds, of these the 50th and the 99th per cent.",
            "PostgreSQL: one wide row for each capability and country with all that the gates look"
            " at worked out before, clustered by kind and country, GIN over words, warm, prepared,"
            " over its socket; the better of two ways to find the rows.",
            "Both gave the same answers. The index also counts everybody it turns away, by rule,"
            " and ranks those who await a decision; PostgreSQL is not asked to.",
            "building: from objects of Python, laws included, without loading them from a store.",
        ),
    )


@dataclass(frozen=True)
class _Built:
    index: Index
    taken: Taken
    seconds: float


def _row(size: int, rounds: int) -> dict[str, Value]:
    policy = Policy(load_rule_pack(), USUAL_WEIGHTS, USUAL_TRAVEL, timedelta(days=1), 1.0, LIMIT)
    built = _build(policy, size)
    asked = questions(QUESTIONS)
    with private_postgres() as connection:
        columns = fill(connection, built.index, built.taken)
        ours = [_ours(built, search) for search in asked]
        theirs, way = _theirs(connection, built.index, policy, columns, asked)
        _check(asked, ours, theirs)
        times = _measure(ours, theirs, rounds)
    mine, rival = np.percentile(times, (50, 99), axis=1).T * 1e3
    return {
        "capabilities": size,
        "index p50 ms": float(mine[0]),
        "index p99 ms": float(mine[1]),
        "PostgreSQL p50 ms": float(rival[0]),
        "PostgreSQL p99 ms": float(rival[1]),
        "times faster p50": float(rival[0] / mine[0]),
        "times faster p99": float(rival[1] / mine[1]),
        "PostgreSQL by": way,
        "index MB": built.index.nbytes() / 1e6,
        "MB per 100,000": built.index.nbytes() / 1e6 * 100_000 / size,
        "building s": built.seconds,
    }


def _build(policy: Policy, size: int) -> _Built:
    index, taken, seconds = Index(policy), Taken(), 0.0
    drawn = alliance(size)
    while chunk := [each for each, _ in zip(drawn, range(_CHUNK), strict=False)]:
        started = time.process_time()
        for each in chunk:
            index.put(each.capability, each.provider)
        seconds += time.process_time() - started
        for each in chunk:
            index.put_standing(each.provider.organisation_id, each.standing)
            taken.note(each)
    gc.collect()
    gc.freeze()  # or the collector walks the drawn alliance while a search is timed
    return _Built(index, taken, seconds)


def _ours(built: _Built, search: Search) -> Callable[[], Answer]:
    def answer() -> Answer:
        free = built.taken.free_in(search.window)
        found = built.index.search(search, LIMIT, free)
        return [(hit.capability_id, hit.cost) for hit in found.clear]

    return answer


def _theirs(
    connection: psycopg.Connection,
    index: Index,
    policy: Policy,
    columns: frozenset[str],
    asked: Sequence[Search],
) -> tuple[list[Callable[[], Answer]], str]:
    """Return the questions as an expert would put them, in the quicker of two ways."""
    partitions, book, _ = index.inside()
    cells = {(each.kind, each.host): cell for cell, each in enumerate(partitions)}
    ways = {}
    for by in ("mask", "words"):
        for plan in ("auto", "force_custom_plan"):
            connection.execute(f"SET plan_cache_mode = {plan}")
            told = [
                _told(
                    connection,
                    statement(
                        search,
                        cells.get((search.kind, search.place.country), -1),
                        book,
                        policy,
                        columns,
                        by=by,
                    ),
                )
                for search in asked
            ]
            for each in told:
                each()
            ways[by, plan] = (sum(_timed(each) for each in told[::4]), told)
    by, plan = min(ways, key=lambda way: ways[way][0])
    connection.execute(f"SET plan_cache_mode = {plan}")
    return ways[by, plan][1], f"{by}, {plan.split('_')[-2] if '_' in plan else plan} plans"


def _told(connection: psycopg.Connection, told: Statement) -> Callable[[], Answer]:
    def answer() -> Answer:
        return connection.execute(told.text, told.parameters, prepare=True).fetchall()

    return answer


def _check(
    asked: Sequence[Search],
    ours: Sequence[Callable[[], Answer]],
    theirs: Sequence[Callable[[], Answer]],
) -> None:
    for search, mine, rival in zip(asked, ours, theirs, strict=True):
        one, other = mine(), rival()
        same = [each for each, _ in one] == [each for each, _ in other] and np.allclose(
            [cost for _, cost in one], [cost for _, cost in other], rtol=0, atol=_TOLERANCE
        )
        if not same:
            raise AssertionError(f"two answers to {search}:\n{one}\n{other}")


def _measure(
    ours: Sequence[Callable[[], Answer]], theirs: Sequence[Callable[[], Answer]], rounds: int
) -> list[list[float]]:
    """Return the median time of each question, for both."""
    taken: list[list[list[float]]] = [[[] for _ in ours], [[] for _ in theirs]]
    for _ in range(rounds):
        for side, questions_put in enumerate((ours, theirs)):
            for number, put in enumerate(questions_put):
                taken[side][number].append(_timed(put))
    return [[median(times) for times in side] for side in taken]


def _timed(put: Callable[[], Answer]) -> float:
    started = time.perf_counter()
    put()
    return time.perf_counter() - started
