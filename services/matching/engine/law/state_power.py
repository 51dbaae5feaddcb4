"""What only a state may do: arrest, interrogate, watch people, bring them back by force.

Nobody is asked to do such work here. The words that give it away are data, in the rule pack.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.matching.engine.law.forbidden import StatePower
from services.matching.engine.law.rules import RulePack

# What spares a mention must stand in the same clause: after these, another thought begins.
_CLAUSE_ENDS = re.compile(r"[.,;:!?\n()\[\]…\u2013\u2014]|(?:^|\s)-+\s")
_GAPS = re.compile(r"\s+")
_QUOTES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"'})


@dataclass(frozen=True)
class Refusal:
    """A part of a request that asks for state power: where, which task, in what words, and why."""

    field: str
    task: str
    words: str
    reason: str


def refusals(
    pack: RulePack,
    slugs: frozenset[str],
    texts: Mapping[str, str],
    *,
    slug_field: str = "tasks",
) -> tuple[Refusal, ...]:
    """Return what in these names and texts (by field) asks for state power; none: all is well.

    Each task is named once for each name and each text. Only English words are understood.
    """
    power = pack.state_power
    found = [*_in_slugs(power, slugs, slug_field)]
    for field, text in texts.items():
        found.extend(_in_text(power, field, plain(text)))
    return tuple(found)


def _in_slugs(power: StatePower, slugs: frozenset[str], field: str) -> Iterator[Refusal]:
    for slug in sorted(slugs):
        for task in power.tasks:
            if any(_matches(slug, pattern) for pattern in task.slugs):
                yield Refusal(field, task.task, slug, task.reason)


def _matches(slug: str, pattern: str) -> bool:
    return re.fullmatch(pattern.replace("*", "[a-z0-9_]*"), slug) is not None


def _in_text(power: StatePower, field: str, text: str) -> Iterator[Refusal]:
    in_one_line = text.replace("\n", " ")
    for task in power.tasks:
        orders = task.ordering.finditer(in_one_line)
        order = next((o for o in orders if not _is_spared(power, text[: o.start()])), None)
        if order is not None:
            yield Refusal(field, task.task, order.group(), task.reason)


def _is_spared(power: StatePower, before: str) -> bool:
    clause = _CLAUSE_ENDS.split(before)[-1]
    return power.sparing is not None and power.sparing.search(clause) is not None


def plain(text: str) -> str:
    """Return the text in one spelling, so that width, case, quotes and gaps hide no word.

    Words are parted by one space, lines by one line end.
    """
    folded = unicodedata.normalize("NFKC", text).translate(_QUOTES).casefold()
    visible = "".join([letter for letter in folded if unicodedata.category(letter) != "Cf"])
    return _GAPS.sub(lambda gap: "\n" if "\n" in gap.group() else " ", visible)
