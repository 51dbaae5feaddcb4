"""What is wrong with a document: where, what, and what is allowed. All of it at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from muster.cli.errors import InputUnusable
from muster.cli.match.scenario import INPUT_REFUSED
from muster.contracts.violations import violation_of

MOST_SHOWN = 50  # a document of nothing but mistakes is not answered by a longer one

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong, and where."""

    path: Path
    problem: str
    allowed: str = ""

    def __str__(self) -> str:
        """Return it as a line for people."""
        hint = f" (allowed: {self.allowed})" if self.allowed else ""
        return f"{json_path(self.path)}: {self.problem}{hint}"


def json_path(path: Sequence[str | int]) -> str:
    """Return a path such as ``$.requests[0].window``."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "$" + "".join(steps)


def mistakes_of(error: ValidationError, document: Any, model: type[BaseModel]) -> list[Mistake]:
    """Return what pydantic found, in the words of the document's author."""
    return [_mistake(each, document, model) for each in error.errors(include_url=False)]


def refusal(source: str, mistakes: Sequence[Mistake]) -> InputUnusable:
    """Return the error that names all mistakes, in the order of the document's paths."""
    found = sorted(set(mistakes), key=lambda mistake: tuple(map(_sortable, mistake.path)))
    lines = [f"  {mistake}" for mistake in found[:MOST_SHOWN]]
    if len(found) > MOST_SHOWN:
        lines.append(f"  … and {len(found) - MOST_SHOWN} more")
    count = "one mistake" if len(found) == 1 else f"{len(found)} mistakes"
    return InputUnusable("\n".join([f"{source} has {count}; correct and try again:", *lines]))


def _mistake(error: Mapping[str, Any], document: Any, model: type[BaseModel]) -> Mistake:
    found = violation_of(error, error["loc"], document, model)
    if error["type"] == INPUT_REFUSED:  # it knows better than pydantic which field it means
        context = error["ctx"]
        field = tuple(context["field"].split("."))
        return Mistake((*found.path, *field), context["problem"], context["allowed"])
    allowed = found.allowed or ""
    return Mistake(
        found.path, found.problem, allowed if isinstance(allowed, str) else ", ".join(allowed)
    )


def _sortable(step: str | int) -> tuple[int, int, str]:
    return (0, step, "") if isinstance(step, int) else (1, 0, step)
