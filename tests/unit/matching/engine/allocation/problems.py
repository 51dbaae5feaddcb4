"""Problems for the allocator, drawn or built, and what holds for any answer, counted anew."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, product

from hypothesis import strategies as st

from services.matching.engine.allocation import (
    Candidate,
    Group,
    Hold,
    Need,
    Problem,
    Solution,
    solve,
)

Allocation = Sequence[tuple[str, str, int]]

_INSTANTS = range(6)
_WINDOWS = st.none() | st.tuples(st.integers(0, 3), st.integers(1, 2)).map(
    lambda drawn: (float(drawn[0]), float(drawn[0] + drawn[1]))
)
_PRICES = st.integers(0, 20).map(lambda drawn: drawn / 2)


@st.composite
def problems(draw: st.DrawFn, needs: int = 4, capacities: int = 3, units: int = 3) -> Problem:
    """Draw a problem in which there is seldom enough for all."""
    offered = {f"c{number}": draw(st.integers(0, units)) for number in range(capacities)}
    wanted = tuple(
        Need(
            id=f"n{number}",
            quantity=draw(st.integers(0, units)),
            splittable=draw(st.booleans()),
            penalty=draw(_PRICES) * draw(st.sampled_from((1, 1, 50))),
            group=draw(st.sampled_from((None, "together", "loose"))),
            window=draw(_WINDOWS),
        )
        for number in range(draw(st.integers(0, needs)))
    )
    pairs = [(need.id, capacity) for need in wanted for capacity in offered]
    able = [pair for pair in pairs if draw(st.integers(0, 3))]
    return Problem(
        capacities=offered,
        needs=wanted,
        groups=(Group("together", all_or_nothing=True), Group("loose", all_or_nothing=False)),
        candidates=tuple(Candidate(*pair, draw(_PRICES)) for pair in able),
        holds=tuple(
            Hold(capacity, draw(st.integers(0, 2)), draw(_WINDOWS))
            for capacity in offered
            if draw(st.booleans())
        ),
    )


def crowded(seed: int, needs: int = 16) -> Problem:
    """Return a problem in which everybody wants the same few capacities."""
    draw = random.Random(seed)
    offered = {f"c{number:02}": draw.randint(2, 6) for number in range(needs)}
    starts = [float(draw.randrange(4)) for _ in range(needs)]
    wanted = tuple(
        Need(
            id=f"n{number:02}",
            quantity=draw.randint(1, 5),
            splittable=draw.random() < 0.5,
            penalty=draw.choice((100.0, 400.0, 1600.0)),
            group=draw.choice((None, None, "together", "loose")),
            window=draw.choice((None, (start, start + 2))),
        )
        for number, start in enumerate(starts)
    )
    return Problem(
        capacities=offered,
        needs=wanted,
        groups=(Group("together", all_or_nothing=True), Group("loose", all_or_nothing=False)),
        candidates=tuple(
            Candidate(need.id, capacity, float(draw.randint(10, 90)))
            for need in wanted
            for capacity in draw.sample(sorted(offered), 6)
        ),
        holds=tuple(Hold(capacity, 1, (1.0, 3.0)) for capacity in list(offered)[::3]),
    )


def solved(problem: Problem) -> Solution:
    """Return the answer when there is all the time in the world: the clock stands still."""
    return solve(problem, 60, lambda: 0.0)


def cut_short(problem: Problem) -> Solution:
    """Return the answer when the time is up at once: the clock leaps ahead."""
    ticks = count(step=1000.0)
    return solve(problem, 1, lambda: next(ticks))


def objective(problem: Problem, allocation: Allocation) -> float:
    """Return what an allocation costs, with the penalties."""
    costs = {(each.need, each.capacity): each.cost for each in problem.candidates}
    filled = filled_in(allocation)
    return sum(costs[need, capacity] * quantity for need, capacity, quantity in allocation) + sum(
        need.penalty * (need.quantity - filled[need.id]) for need in problem.needs
    )


def filled_in(allocation: Allocation) -> Mapping[str, int]:
    """Return how much each need gets."""
    filled: Counter[str] = Counter()
    for need, _, quantity in allocation:
        filled[need] += quantity
    return filled


def broken_rules(problem: Problem, allocation: Allocation) -> list[str]:
    """Return every rule the allocation breaks, looking at each instant by itself."""
    return [
        *_overdrawn(problem, allocation),
        *_wrongly_split(problem, allocation),
        *_torn_apart(problem, allocation),
    ]


def _overdrawn(problem: Problem, allocation: Allocation) -> Iterator[str]:
    windows = {need.id: need.window for need in problem.needs}
    for capacity, instant in product(problem.capacities, _INSTANTS):
        taken = sum(
            quantity
            for need, used, quantity in allocation
            if used == capacity and _covers(windows[need], instant)
        )
        held = sum(
            hold.quantity
            for hold in problem.holds
            if hold.capacity == capacity and _covers(hold.window, instant)
        )
        if taken and taken + held > problem.capacities[capacity]:
            yield f"{capacity} is overdrawn at {instant}"


def _covers(window: tuple[float, float] | None, instant: float) -> bool:
    return window is None or window[0] <= instant < window[1]


def _wrongly_split(problem: Problem, allocation: Allocation) -> Iterator[str]:
    able = {(each.need, each.capacity) for each in problem.candidates}
    needs = {need.id: need for need in problem.needs}
    if len({(need, capacity) for need, capacity, _ in allocation}) < len(allocation):
        yield "a pair is listed twice"
    for name, capacity, quantity in allocation:
        if quantity <= 0 or (name, capacity) not in able:
            yield f"{name} gets {quantity} of {capacity}"
        if not needs[name].splittable and quantity != needs[name].quantity:
            yield f"{name} is split"
    filled = filled_in(allocation)
    yield from (f"{need.id} has too much" for need in needs.values() if _over(need, filled))


def _over(need: Need, filled: Mapping[str, int]) -> bool:
    return filled[need.id] > need.quantity


def _torn_apart(problem: Problem, allocation: Allocation) -> Iterator[str]:
    filled = filled_in(allocation)
    for group in problem.groups:
        needs = [need for need in problem.needs if need.group == group.id and need.quantity]
        served = [filled[need.id] for need in needs if filled[need.id]]
        short = any(filled[need.id] < need.quantity for need in needs)
        if group.all_or_nothing and served and short:
            yield f"{group.id} is torn apart"


def least_possible(problem: Problem) -> float:
    """Return the least cost of all allocations there are, by trying every one."""
    choices = [
        [(each.need, each.capacity, quantity) for quantity in range(need.quantity + 1)]
        for need in problem.needs
        for each in problem.candidates
        if each.need == need.id
    ]
    possible = ([each for each in chosen if each[2]] for chosen in product(*choices))
    return min(
        objective(problem, allocation)
        for allocation in possible
        if not broken_rules(problem, allocation)
    )
