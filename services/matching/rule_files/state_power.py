"""The file that names what only a state may do, and the words that give it away."""

import re
from typing import Annotated, Self

from pydantic import Field, model_validator

from services.matching.engine.law import forbidden
from services.matching.rule_files.written import Sentence, Written

Words = Annotated[str, Field(min_length=2, max_length=800)]


class WrittenTask(Written):
    """One task of state power as state_power.yaml has it."""

    task: Annotated[str, Field(pattern=r"^[a-z][a-z_]+$")]
    reason: Sentence
    slugs: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[a-z*][a-z0-9_*]{1,39}$")], ...],
        Field(min_length=1),
    ]
    orders: Annotated[tuple[Words, ...], Field(min_length=1)]


class StatePowerFile(Written):
    """state_power.yaml: the tasks nobody may ask for, and the words that spare a mention."""

    tasks: tuple[WrittenTask, ...]
    spared_after: tuple[Words, ...] = ()
    words: dict[Annotated[str, Field(pattern=r"^[a-z_]+$")], str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _compiles(self) -> Self:
        patterns = [(task.task, pattern) for task in self.tasks for pattern in task.orders]
        patterns += [("spared_after", pattern) for pattern in self.spared_after]
        if wrong := [w for where, p in patterns if (w := self._trouble(where, p))]:
            raise ValueError("; ".join(wrong))
        return self

    def state_power(self) -> forbidden.StatePower:
        """Return it in the engine's words."""
        return forbidden.StatePower(
            tuple(
                forbidden.ForbiddenTask(
                    task.task, task.reason, task.slugs, tuple(map(self._spelt_out, task.orders))
                )
                for task in self.tasks
            ),
            tuple(map(self._spelt_out, self.spared_after)),
        )

    def _spelt_out(self, pattern: str) -> str:
        return re.sub(r"(?<!\?P)<([a-z_]+)>", lambda name: f"(?:{self.words[name[1]]})", pattern)

    def _trouble(self, where: str, pattern: str) -> str | None:
        try:
            forbidden.whole_words((self._spelt_out(pattern),))
        except KeyError as error:
            return f"{where}: {pattern!r} names <{error.args[0]}>; add it to `words`"
        except re.error as error:
            return f"{where}: {pattern!r} is not a regular expression ({error}); correct it"
        return None
