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
from benchmarks.rival_query import statement
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

_NOTES = tuple(
    f"""
{QUESTIONS} different questions, put to all sides in turn in every round; of each question the \
median of the rounds, of these the 50th and the 99th per cent.
PostgreSQL: a wide row for each capability and country, clustered by kind and country, GIN over \
words; papers by holder and kind, in which the law is looked up; all in memory, prepared, over its \
socket; the better of two ways to find the rows.
digested: the same, but with what the index found out about the law as further columns.
All gave the same answers. The index also counts, by rule, whom it turns away, and ranks those who \
await a decision; PostgreSQL is not asked to.
building: from objects of Python, the law included, without loading them from a store.
""".strip().splitlines()
)

Answer = list[tuple[str, float]]
Put = Callable[[], Answer]


def run(rounds: int) -> Iterator[Report]:
    """Measure up to a hundred thousand capabilities; `search_million` measures the rest."""
    yield compare(SIZES, rounds)


def compare(sizes: Sequence[int], rounds: int) -> Report:
    """Measure at each of these sizes."""
    return Report(
        name="search",
        title="The 20 best candidates that pass all gates and have something free",
        rows=[_row(size, rounds) for size in sizes],
        notes=_NOTES,
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
        rival = Rival(connection, built.index, policy)
        rival.columns = fill(connection, built.index, built.taken, policy)
        sides = [[_ours(built, search) for search in asked]]
        for law in ("papers", "digested"):
            sides.append(rival.best_way(asked, law))
            _check(asked, sides[0], sides[-1])
        times = _measure(sides, rounds)
    (p50, p99), (papers50, papers99), (digested50, digested99) = (
        map(float, np.percentile(side, (50, 99)) * 1e3) for side in times
    )
    return {
        "capabilities": size,
        "index p50 ms": p50,
        "p99 ms": p99,
        "PostgreSQL p50 ms": papers50,
        "PostgreSQL p99 ms": papers99,
        "times p50": papers50 / p50,
        "times p99": papers99 / p99,
        "digested p50 ms": digested50,
        "digested p99 ms": digested99,
        "times digested p50": digested50 / p50,
        "times digested p99": digested99 / p99,
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


def _ours(built: _Built, search: Search) -> Put:
    def answer() -> Answer:
        free = built.taken.free_in(search.window)
        found = built.index.search(search, LIMIT, free)
        return [(hit.capability_id, hit.cost) for hit in found.clear]

    return answer


class Rival:
    """The same questions for PostgreSQL."""

    def __init__(self, connection: psycopg.Connection, index: Index, policy: Policy) -> None:
        partitions, self._book, _ = index.inside()
        self._cells = {(each.kind, each.host): cell for cell, each in enumerate(partitions)}
        self._connection = connection
        self._policy = policy
        self.columns: frozenset[str] = frozenset()

    def best_way(self, asked: Sequence[Search], law: str) -> list[Put]:
        """Return the questions, put in the quicker of two ways to find rows."""
        ways = []
        for by in ("mask", "words"):
            puts = [self._put(search, by, law) for search in asked]
            for put in puts:
                put()
            ways.append((sum(map(_timed, puts[::4])), puts))
        return min(ways, key=lambda way: way[0])[1]

    def _put(self, search: Search, by: str, law: str) -> Put:
        cell = self._cells.get((search.kind, search.place.country), -1)
        text, parameters = statement(
            search, cell, self._book, self._policy, self.columns, by=by, law=law
        )

        def put() -> Answer:
            return self._connection.execute(text, parameters, prepare=True).fetchall()

        return put


def _check(
    asked: Sequence[Search],
    ours: Sequence[Put],
    theirs: Sequence[Put],
) -> None:
    for search, mine, rival in zip(asked, ours, theirs, strict=True):
        one, other = mine(), rival()
        same = [each for each, _ in one] == [each for each, _ in other] and np.allclose(
            [cost for _, cost in one], [cost for _, cost in other], rtol=0, atol=_TOLERANCE
        )
        if not same:
            raise AssertionError(f"two answers to {search}:\n{one}\n{other}")


def _measure(sides: Sequence[Sequence[Put]], rounds: int) -> list[list[float]]:
    """Return the median time of each question, on each side; they take turns."""
    taken: list[list[list[float]]] = [[[] for _ in puts] for puts in sides]
    for _ in range(rounds):
        for side, puts in enumerate(sides):
            for number, put in enumerate(puts):
                taken[side][number].append(_timed(put))
    return [[median(times) for times in side] for side in taken]


def _timed(put: Put) -> float:
    started = time.perf_counter()
    put()
    return time.perf_counter() - started
