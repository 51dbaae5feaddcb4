"""Allocation: first come, first served beside the solver, and how far each is from the optimum."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.report import Report, Value, median
from services.matching.engine.allocation import (
    Candidate,
    Group,
    Need,
    Problem,
    Solution,
    greedy,
    solve,
)

_CANDIDATES = 30
_CAPACITIES_PER_NEED = 2.5
_PROOF_LIMIT_S = 60.0


_NOTES = (
    "For each need: 30 candidates and 2.5 capacities of 1 to 6 units. Half of the needs cannot be",
    "split, some are in groups, of which some are all or nothing. Three tiers of penalties.",
    "load: what all needs want together, by what all capacities have together.",
    "greedy, gap, worst: how much dearer than the proven optimum (than its bound, if marked ~).",
    "stated: how much dearer than the solver's own bound when its time was up.",
)


@dataclass(frozen=True)
class Case:
    """So many needs, that want so many times what there is, and how long the solver may take."""

    needs: int
    load: float
    time_limit_s: float


CASES = (
    Case(50, 1.0, 0.5),
    Case(50, 1.5, 0.5),
    Case(200, 1.0, 0.5),
    Case(200, 1.5, 0.5),
    Case(1000, 1.0, 3.0),
    Case(1000, 1.5, 3.0),
)


def run(rounds: int) -> Iterator[Report]:
    """Measure every case; the optimum is proven first, with all the time it takes."""
    yield Report(
        name="allocation",
        title="Allocation of waiting needs with contention",
        rows=[_row(case, rounds) for case in CASES],
        notes=_NOTES,
    )


def contended(needs: int, load: float, seed: int) -> Problem:
    """Draw a problem in which needs stand in each other's way; the same seed draws the same."""
    draw = random.Random(seed)
    capacities = {
        f"c{number:05}": draw.randint(1, 6) for number in range(int(needs * _CAPACITIES_PER_NEED))
    }
    mean = sum(capacities.values()) * load / needs
    groups: list[Group] = []
    wanted: list[Need] = []
    while len(wanted) < needs:
        size = draw.choice((1, 1, 1, 1, 2, 3))
        group = None if size == 1 else f"g{len(groups):05}"
        if group is not None:
            groups.append(Group(group, all_or_nothing=draw.random() < 0.6))
        for _ in range(min(size, needs - len(wanted))):
            wanted.append(_need(draw, f"n{len(wanted):05}", mean, group))
    names = sorted(capacities)
    candidates = tuple(
        Candidate(need.id, capacity, round(draw.uniform(10, 200), 2))
        for need in wanted
        for capacity in draw.sample(names, _CANDIDATES)
    )
    return Problem(capacities, tuple(wanted), tuple(groups), candidates)


def _need(draw: random.Random, name: str, mean: float, group: str | None) -> Need:
    start = draw.randrange(72)
    splittable = draw.random() < 0.5
    return Need(
        id=name,
        quantity=max(1, round(draw.uniform(0.3, 1.7) * mean)) if splittable else draw.randint(1, 6),
        splittable=splittable,
        penalty=draw.choice((500.0, 2000.0, 8000.0)),
        group=group,
        window=(float(start), float(start + draw.randint(12, 72))),
    )


def _row(case: Case, rounds: int) -> dict[str, Value]:
    problems = [contended(case.needs, case.load, seed) for seed in range(rounds)]
    best = [solve(problem, _PROOF_LIMIT_S, time.perf_counter) for problem in problems]
    in_turn: list[Solution] = []
    together: list[Solution] = []
    greedy_seconds: list[float] = []
    for problem in problems:
        started = time.perf_counter()
        in_turn.append(greedy(problem))
        greedy_seconds.append(time.perf_counter() - started)
        together.append(solve(problem, case.time_limit_s, time.perf_counter))
    proven = all(solution.status == "optimal" for solution in best)
    mark = "" if proven else "~"
    return {
        "needs": case.needs,
        "load": case.load,
        "greedy ms": median(greedy_seconds) * 1000,
        "greedy %": mark + _gap(in_turn, best),
        "limit ms": case.time_limit_s * 1000,
        "solver ms": median(solution.seconds for solution in together) * 1000,
        "gap %": mark + _gap(together, best),
        "worst %": mark + f"{max(_gaps(together, best)):.2f}",
        "stated %": f"{median(_gaps(together, together)):.2f}",
        "proof ms": median(solution.seconds for solution in best) * 1000,
    }


def _gap(found: list[Solution], best: list[Solution]) -> str:
    return f"{median(_gaps(found, best)):.2f}"


def _gaps(found: list[Solution], best: list[Solution]) -> list[float]:
    """Return by how many percent each is above the bound of the best: the optimum, if proven."""
    return [(one.objective / other.bound - 1) * 100 for one, other in zip(found, best, strict=True)]
