"""A problem that contradicts itself is refused, with everything that is wrong with it."""

import math

import pytest

from services.matching.engine.allocation import (
    Candidate,
    Group,
    Hold,
    InconsistentProblem,
    Need,
    Problem,
    greedy,
)
from tests.unit.matching.engine.allocation.problems import solved

CAPACITIES = {"c1": 1}
NEED = Need("n1", 1, penalty=1)


@pytest.mark.parametrize(
    ("problem", "fault"),
    [
        (Problem({"c1": -1}, ()), "capacities['c1'] is -1"),
        (Problem(CAPACITIES, (NEED, NEED)), "needs has the id 'n1' 2 times"),
        (Problem({}, (Need("n1", -2, penalty=1),)), "needs[0].quantity is -2"),
        (Problem({}, (Need("n1", 10**10, penalty=1),)), "needs[0].quantity is 10000000000"),
        (Problem({}, (Need("n1", 1, penalty=-1),)), "needs[0].penalty is -1"),
        (Problem({}, (Need("n1", 1, penalty=math.nan),)), "needs[0].penalty is nan"),
        (Problem({}, (Need("n1", 1, penalty=math.inf),)), "needs[0].penalty is inf"),
        (Problem({}, (Need("n1", 1, penalty=1, group="g"),)), "needs[0].group names 'g'"),
        (Problem({}, (Need("n1", 1, penalty=1, window=(3, 3)),)), "needs[0].window is [3, 3]"),
        (
            Problem({}, (Need("n1", 1, penalty=1, window=(math.nan, 3)),)),
            "needs[0].window is [nan, 3]",
        ),
        (Problem({}, (), (Group("g", True), Group("g", False))), "groups has the id 'g' 2 times"),
        (
            Problem(CAPACITIES, (NEED,), (), (Candidate("n1", "c1", 1), Candidate("n1", "c1", 2))),
            "candidates has the need and capacity ('n1', 'c1') 2 times",
        ),
        (Problem(CAPACITIES, (), (), (Candidate("n9", "c1", 1),)), "names 'n9'"),
        (Problem({}, (NEED,), (), (Candidate("n1", "c9", 1),)), "names 'c9'"),
        (
            Problem(CAPACITIES, (NEED,), (), (Candidate("n1", "c1", -1),)),
            "The cost of candidates[0] is -1",
        ),
        (Problem({}, (), holds=(Hold("c9", 1),)), "holds[0] names 'c9'"),
        (Problem(CAPACITIES, (), holds=(Hold("c1", -1),)), "The quantity of holds[0] is -1"),
        (Problem(CAPACITIES, (), holds=(Hold("c1", 1, (2, 1)),)), "The window of holds[0]"),
    ],
)
def test_each_fault_is_told_with_its_place(problem: Problem, fault: str) -> None:
    """By both ways of solving."""
    for answer in (solved, greedy):
        with pytest.raises(InconsistentProblem) as refused:
            answer(problem)
        assert any(fault in each for each in refused.value.faults)


def test_all_faults_are_told_at_once() -> None:
    """Nobody has to correct them one by one."""
    problem = Problem(
        {"c1": -1}, (Need("n1", 1, penalty=-1, group="g"),), (), (Candidate("n2", "c2", 1),)
    )
    with pytest.raises(InconsistentProblem) as refused:
        solved(problem)
    assert len(refused.value.faults) == 5


def test_nothing_wanted_and_nothing_there_is_no_fault() -> None:
    """Zeros happen in what others compute."""
    problem = Problem({"c1": 0}, (Need("n1", 0, penalty=0),), (), (Candidate("n1", "c1", 0),))
    assert solved(problem).allocation == ()
