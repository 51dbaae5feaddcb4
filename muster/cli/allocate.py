"""The command `muster allocate`: the allocator alone, on a problem in a file."""

import json
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import Field, ValidationError

from muster.cli.errors import CannotRun
from muster.contracts.event import Contract
from services.matching.engine.allocation import (
    Candidate,
    Group,
    Hold,
    InconsistentProblem,
    Need,
    Problem,
    Solution,
    solve,
)

_Number = Annotated[float, Field(allow_inf_nan=False)]
_Window = tuple[_Number, _Number]


class NeedEntry(Contract):
    """So much is wanted; each unit left unfilled costs the penalty."""

    id: str
    quantity: int
    splittable: bool = Field(True, description="False: all of it from one capacity, or nothing.")
    penalty: _Number
    group: str | None = Field(None, description="The id of one of the groups.")
    window: _Window | None = Field(
        None, description="When capacity is used: from, and up to but not including. Else always."
    )


class GroupEntry(Contract):
    """Needs of which all are wholly filled or none gets anything, if it is all or nothing."""

    id: str
    all_or_nothing: bool


class ProblemFile(Contract):
    """A problem for the allocator: who may get how much of which capacity, and at what cost."""

    capacities: dict[str, int] = Field(description="How many units each has at any instant.")
    needs: tuple[NeedEntry, ...]
    groups: tuple[GroupEntry, ...] = ()
    candidates: tuple[tuple[str, str, _Number], ...] = Field(
        description="A need, a capacity that can serve it, and the cost of each unit."
    )
    holds: tuple[tuple[str, int, _Window | None], ...] = Field(
        (), description="A capacity, how much of it is taken already, and when (null: always)."
    )
    time_limit_s: float = Field(
        10.0, gt=0, allow_inf_nan=False, description="After so long the best found is returned."
    )

    def problem(self) -> Problem:
        """Return what the allocator is asked."""
        return Problem(
            capacities=self.capacities,
            needs=tuple(Need(**dict(need)) for need in self.needs),
            groups=tuple(Group(**dict(group)) for group in self.groups),
            candidates=tuple(Candidate(*candidate) for candidate in self.candidates),
            holds=tuple(Hold(*hold) for hold in self.holds),
        )


def run_allocate(file: Path, output: Path | None) -> None:
    """Solve the problem in the file; one that cannot be used ends with all its faults and 2."""
    try:
        text = file.read_bytes()
        entries = ProblemFile.model_validate_json(text, strict=True)
        _refuse(file, _repeated_names(text))
        solution = solve(entries.problem(), entries.time_limit_s, time.perf_counter)
    except OSError as error:
        _refuse(file, [f"It cannot be read ({error.strerror}): give the path of a JSON file."])
    except ValidationError as error:
        _refuse(file, map(_sentence, error.errors(include_url=False)))
    except InconsistentProblem as error:
        _refuse(file, error.faults)
    else:
        _write(solution, output)


def schema() -> str:
    """Return the JSON Schema of a problem."""
    return json.dumps(ProblemFile.model_json_schema(), indent=2)


def _refuse(file: Path, faults: Iterable[str]) -> None:
    if lines := [f"  {fault}" for fault in faults]:
        advice = "`muster allocate --schema` prints what a problem looks like."
        typer.echo("\n".join([f"{file} cannot be used:", *lines, advice]), err=True)
        raise typer.Exit(2)


def _sentence(error: Any) -> str:
    """Return where in the file something is wrong, what is, and what there may be."""
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error["loc"])
    if error["type"] == "json_invalid":
        return f"It is not JSON: {error['ctx']['error']}."
    if error["type"] == "extra_forbidden":
        return f"{place[1:]} is not known here: correct its name or leave it out."
    if error["type"] == "missing":
        return f"{place[1:]} is missing: add it."
    return f"{place[1:] or 'It'} is {error['input']!r}: {error['msg']}."


def _repeated_names(text: bytes) -> list[str]:
    """Return a fault for each name an object has twice, of which JSON would keep the last only."""
    faults: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        times = Counter(name for name, _ in pairs)
        faults.extend(
            f"{name!r} stands {number} times in one object: keep one of them."
            for name, number in times.items()
            if number > 1
        )
        return dict(pairs)

    json.loads(text, object_pairs_hook=note)
    return faults


def _write(solution: Solution, output: Path | None) -> None:
    text = json.dumps(
        {
            "allocation": solution.allocation,
            "objective": solution.objective,
            "bound": solution.bound,
            "status": solution.status,
            "seconds": round(solution.seconds, 6),
        }
    )
    if output is None:
        typer.echo(text)
        return
    try:
        output.write_text(text + "\n")
    except OSError as error:
        raise CannotRun(
            f"{output} cannot be written ({error.strerror}): give another file to --output."
        ) from error
