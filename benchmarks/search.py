"""Candidate search with all gates, beside the same question in PostgreSQL."""

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product

import numpy as np
import psycopg

from benchmarks.alliance import alliance
from benchmarks.postgres import Connect, private_postgres
from benchmarks.report import Report, Value, median
from benchmarks.requests import questions
from benchmarks.rival import fill
from benchmarks.rival_query import Query, best_only, whole
from benchmarks.taken import Taken
from services.matching.engine.index import Index, Search
from services.matching.engine.policy import USUAL_WEIGHTS, Policy
from services.matching.engine.travel import USUAL_TRAVEL
from services.matching.rule_pack import load_rule_pack

SIZES = (1_000, 10_000, 100_000)
QUESTIONS = 400
LIMIT = 20
RIVALS = ("whole", "best only", "digested")
_CHUNK = 10_000
_SAMPLE = 8  # every eighth question tells which way is quickest
_DIGITS = 9

_NOTES = (
    (
        f"{QUESTIONS} different questions, put to all in turn in every round; of each question the"
        " median of the rounds; of these the 50th and the 99th per cent. All answers were compared."
    ),
    (
        "PostgreSQL: a wide row for each capability and country, clustered by kind and country, GIN"
        " over words, papers by holder and kind; in memory, prepared, the quickest of four ways."
    ),
    (
        f"whole: what the index tells: the {LIMIT} best who are clear, the {LIMIT} best for review,"
        " how many fail which gate first (the law as one); the law is looked up in the papers."
    ),
    (
        f"best only: the {LIMIT} best who are clear, nothing else. digested: so, and with what the"
        " index found out of the law as further columns."
    ),
)
_COSTS = (
    (
        "Built from objects of Python, the law included. Reading them from a store comes on top,"
        " nearly all of it for parsing documents: some 8 s for 100,000."
    ),
)


Answer = list[tuple[str, str | None, float]]
Put = Callable[[], Answer]


def run(rounds: int) -> Iterator[Report]:
    """Measure up to a hundred thousand capabilities; `search_million` measures the rest."""
    yield from compare(SIZES, rounds)


def compare(sizes: Sequence[int], rounds: int) -> Iterator[Report]:
    """Measure at each of these sizes."""
    rows: list[dict[str, Value]] = []
    costs: list[dict[str, Value]] = []
    for size in sizes:
        built = _build(size)
        rows += _rows(built, size, rounds)
        megabytes = built.index.nbytes() / 1e6
        costs.append(
            {
                "capabilities": size,
                "memory MB": megabytes,
                "MB per 100,000": megabytes * 100_000 / size,
                "building s": built.seconds,
                "s per 100,000": built.seconds * 100_000 / size,
            }
        )
    yield Report("search", "Candidate search with all gates and capacity", rows, _NOTES)
    yield Report("index", "What the index costs", costs, _COSTS)


@dataclass(frozen=True)
class _Built:
    policy: Policy
    index: Index
    taken: Taken
    seconds: float


def _rows(built: _Built, size: int, rounds: int) -> Iterator[dict[str, Value]]:
    asked = questions(QUESTIONS)
    with private_postgres() as connect:
        with connect() as connection:
            columns = fill(connection, built.index, built.taken, built.policy)
        rival = Rival(connect, built, columns)
        sides = [[_ours(built, search) for search in asked]]
        for question in RIVALS:
            sides.append(rival.best_way(asked, question))
            _check(asked, sides[0], sides[-1], question)
        figures = np.percentile(_measure(sides, rounds), (50, 99), axis=1).T * 1e3
    names = ("index", *(f"PostgreSQL, {question}" for question in RIVALS))
    for name, (p50, p99) in zip(names, figures, strict=True):
        yield {
            "capabilities": size,
            "who": name,
            "p50 ms": float(p50),
            "p99 ms": float(p99),
            "times p50": float(p50 / figures[0][0]),
            "times p99": float(p99 / figures[0][1]),
        }


def _build(size: int) -> _Built:
    policy = Policy(load_rule_pack(), USUAL_WEIGHTS, USUAL_TRAVEL, timedelta(days=1), 1.0, LIMIT)
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
    return _Built(policy, index, taken, seconds)


def _ours(built: _Built, search: Search) -> Put:
    def answer() -> Answer:
        found = built.index.search(search, LIMIT, built.taken.free_in(search.window))
        told: Answer = [
            (ruling, hit.capability_id, hit.cost)
            for ruling, hits in (("clear", found.clear), ("review", found.review))
            for hit in hits
        ]
        counts = {"clear": found.clear_in_all, "review": found.review_in_all, **found.turned_away}
        return [*told, *((rule, None, float(count)) for rule, count in counts.items() if count)]

    return answer


class Rival:
    """The same questions for PostgreSQL."""

    def __init__(self, connect: Connect, built: _Built, columns: frozenset[str]) -> None:
        partitions, self._book, _ = built.index.inside()
        self._cells = {(each.kind, each.host): cell for cell, each in enumerate(partitions)}
        self._connections = [connect(), connect()]
        self._connections[0].execute("SET plan_cache_mode = force_custom_plan")
        self._policy = built.policy
        self._columns = columns

    def best_way(self, asked: Sequence[Search], question: str) -> list[Put]:
        """Return the questions, put in the quickest of four ways to find rows and to plan."""
        ways = list(product(("mask", "words"), self._connections))
        seconds = []
        for by, connection in ways:
            puts = [self._put(search, by, question, connection) for search in asked[::_SAMPLE]]
            for put in puts:
                put()
            seconds.append(sum(map(_timed, puts)))
        by, connection = ways[seconds.index(min(seconds))]
        return [self._put(search, by, question, connection) for search in asked]

    def _put(self, search: Search, by: str, question: str, connection: psycopg.Connection) -> Put:
        cell = self._cells.get((search.kind, search.place.country), -1)
        query = Query(search, cell, self._book, self._policy, self._columns)
        if question == "whole":
            text, parameters = whole(query, by=by)
        else:
            text, parameters = best_only(query, by=by, law=question)

        def put() -> Answer:
            return connection.execute(text, parameters, prepare=True).fetchall()

        return put


def _check(asked: Sequence[Search], ours: Sequence[Put], theirs: Sequence[Put], kind: str) -> None:
    """Raise AssertionError if the answers differ."""
    for search, mine, rival in zip(asked, ours, theirs, strict=True):
        one, other = _comparable(mine(), whole=kind == "whole"), rival()
        if _rounded(one) != _rounded(other):
            raise AssertionError(f"two answers to {search}:\n{one}\n{other}")


def _comparable(answer: Answer, *, whole: bool) -> Answer:
    """Return our answer as the rival gives it: without whom it never sees, all law as one."""
    hits = [each for each in answer if each[1] is not None and (whole or each[0] == "clear")]
    counts: Counter[str] = Counter()
    for rule, capability_id, count in answer:
        if capability_id is None and rule not in ("provider_active", "capability_published"):
            counts["law" if "." in rule else rule] += int(count)
    return [*hits, *((rule, None, float(count)) for rule, count in counts.items() if whole)]


def _rounded(answer: Answer) -> set[tuple[str, str | None, float]]:
    return {(rule, name, round(float(number), _DIGITS)) for rule, name, number in answer}


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
