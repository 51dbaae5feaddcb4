"""The allocator: who gets how much of which capacity, at the least cost for all together.

Pure functions over numbers and names: nothing here knows what a request or a capability is.
`solve` finds the optimum or says how far it may be away; `greedy` is first come, first served.
"""

from services.matching.engine.allocation.consistency import InconsistentProblem
from services.matching.engine.allocation.model import (
    Candidate,
    Group,
    Hold,
    Need,
    Problem,
    Solution,
    Status,
)
from services.matching.engine.allocation.solver import greedy, solve

__all__ = [
    "Candidate",
    "Group",
    "Hold",
    "InconsistentProblem",
    "Need",
    "Problem",
    "Solution",
    "Status",
    "greedy",
    "solve",
]
