"""The allocator: whatever is asked, the answer keeps the rules, and none is better."""

import random
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.engine.allocation import (
    Candidate,
    Group,
    Hold,
    Need,
    Problem,
    greedy,
)
from tests.unit.matching.engine.allocation.problems import (
    broken_rules,
    crowded,
    cut_short,
    least_possible,
    objective,
    problems,
    solved,
)

T = TypeVar("T")


@given(problems())
def test_every_answer_keeps_the_rules_and_adds_up(problem: Problem) -> None:
    """The proven one, the one out of time and the greedy one; looked at instant by instant."""
    for solution in (solved(problem), cut_short(problem), greedy(problem)):
        assert broken_rules(problem, solution.allocation) == []
        assert solution.objective == pytest.approx(objective(problem, solution.allocation))
        assert solution.allocation == tuple(sorted(solution.allocation))


@given(problems())
def test_nothing_is_dearer_than_greedy_or_cheaper_than_its_bound(problem: Problem) -> None:
    """More time only ever helps, and a bound is a bound for everyone."""
    proven, hurried, in_turn = solved(problem), cut_short(problem), greedy(problem)
    assert proven.status == "optimal"
    assert proven.bound == proven.objective
    assert proven.objective <= hurried.objective <= in_turn.objective
    assert max(hurried.bound, in_turn.bound) <= proven.objective + 1e-9


@given(problems(needs=3, capacities=2))
def test_no_allocation_is_better(problem: Problem) -> None:
    """Compared with every allocation there is."""
    assert solved(problem).objective == pytest.approx(least_possible(problem))


@given(problems(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(problem: Problem, draw: random.Random) -> None:
    """Not only the cost: the very same allocation."""
    assert solved(_shuffled(problem, draw)) == solved(problem)


@pytest.mark.parametrize("seed", range(4))
def test_many_who_want_the_same_are_served_best(seed: int) -> None:
    """A problem that takes a real search, in whatever order it is told."""
    problem = crowded(seed)
    solution = solved(problem)
    assert broken_rules(problem, solution.allocation) == []
    assert solution.status == "optimal"
    assert solution.objective < greedy(problem).objective
    assert solved(_shuffled(problem, random.Random(seed))) == solution


def test_windows_that_do_not_overlap_share_a_unit() -> None:
    """One ends at the instant at which the next begins."""
    assert solved(_pair((0, 10), (10, 20))).allocation == (("n1", "c1", 1), ("n2", "c1", 1))


def test_windows_that_overlap_do_not() -> None:
    """The one that is worse to leave unfilled gets the unit."""
    assert solved(_pair((0, 10), (9, 20))).allocation == (("n2", "c1", 1),)


def test_a_need_without_a_window_takes_the_unit_always() -> None:
    """So nobody else can have it at any time."""
    assert solved(_pair(None, (9, 20))).allocation == (("n2", "c1", 1),)


def test_a_hold_is_respected_only_while_it_lasts() -> None:
    """It is given before, and nobody can take it away."""
    problem = replace(_pair((0, 10), (10, 20)), holds=(Hold("c1", 1, (12, 13)),))
    assert solved(problem).allocation == (("n1", "c1", 1),)


def test_where_more_is_held_than_there_is_nothing_is_added() -> None:
    """A capacity may have become smaller since; that is not the problem's fault."""
    problem = replace(_pair((0, 10), (10, 20)), holds=(Hold("c1", 5, (5, 6)),))
    assert solved(problem).allocation == (("n2", "c1", 1),)


def test_what_costs_more_than_its_penalty_is_left_unfilled() -> None:
    """Unless its group makes it worth while as a whole."""
    dear = Problem(
        {"c1": 2},
        (Need("n1", 1, penalty=5, group="g"), Need("n2", 1, penalty=100, group="g")),
        (Group("g", all_or_nothing=False),),
        (Candidate("n1", "c1", 10), Candidate("n2", "c1", 10)),
    )
    assert solved(dear).allocation == (("n2", "c1", 1),)
    together = replace(dear, groups=(Group("g", all_or_nothing=True),))
    assert solved(together).allocation == (("n1", "c1", 1), ("n2", "c1", 1))


def test_greedy_serves_in_the_order_of_the_needs() -> None:
    """First come, first served, though the second would be worth more."""
    assert greedy(_pair((0, 10), (9, 20))).allocation == (("n1", "c1", 1),)


def test_out_of_time_the_bound_is_what_each_would_cost_alone() -> None:
    """A true bound, stated as not proven to be reached."""
    solution = cut_short(_pair((0, 10), (9, 20)))
    assert (solution.status, solution.bound, solution.objective) == ("feasible", 2, 11)


def test_an_empty_problem_is_solved() -> None:
    """Nobody wants anything, and it costs nothing."""
    solution = solved(Problem({}, ()))
    assert (solution.allocation, solution.objective, solution.status) == ((), 0, "optimal")


def _pair(first: tuple[float, float] | None, second: tuple[float, float] | None) -> Problem:
    """Return two needs for one unit; the second is worth more."""
    return Problem(
        {"c1": 1},
        (Need("n1", 1, penalty=10, window=first), Need("n2", 1, penalty=20, window=second)),
        candidates=(Candidate("n1", "c1", 1), Candidate("n2", "c1", 1)),
    )


def _shuffled(problem: Problem, draw: random.Random) -> Problem:
    return Problem(
        capacities=dict(_mixed(tuple(problem.capacities.items()), draw)),
        needs=_mixed(problem.needs, draw),
        groups=_mixed(problem.groups, draw),
        candidates=_mixed(problem.candidates, draw),
        holds=_mixed(problem.holds, draw),
    )


def _mixed(items: tuple[T, ...], draw: random.Random) -> tuple[T, ...]:
    return tuple(draw.sample(items, len(items)))
