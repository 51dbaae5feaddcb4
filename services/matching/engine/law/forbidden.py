"""How the rule pack names the tasks of state power, and the words that give them away."""

import re
from dataclasses import dataclass
from functools import cached_property

# Between words that spare a mention and the mention itself stand at most this many others.
_NEAR = 3


@dataclass(frozen=True)
class ForbiddenTask:
    """One task of state power: names of skills and tasks (with *), and words that order it."""

    task: str
    reason: str
    slugs: tuple[str, ...]
    orders: tuple[str, ...]  # regular expressions over plain text, see state_power.plain

    @cached_property
    def ordering(self) -> re.Pattern[str]:
        """Return one pattern for all its orders."""
        return whole_words(self.orders)


@dataclass(frozen=True)
class StatePower:
    """All forbidden tasks, and the words that make of an order a fear, a ban, another's act."""

    tasks: tuple[ForbiddenTask, ...] = ()
    spared_after: tuple[str, ...] = ()

    @cached_property
    def sparing(self) -> re.Pattern[str] | None:
        """Return what spares a mention that follows at once, or after a few other words."""
        if not self.spared_after:
            return None
        spared = whole_words(self.spared_after).pattern
        return re.compile(rf"{spared}(?: [\w'-]+){{0,{_NEAR}}} ?$")


def whole_words(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Return one pattern that finds any of these as whole words; raise re.error."""
    either = "|".join([f"(?:{pattern})" for pattern in patterns])
    return re.compile(rf"(?<![\w-])(?:{either})(?!\w)")
