"""A finding: what one rule says against somebody, as an operator has to judge it."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Finding:
    """What a rule found, what would make it pass, and how far the rule itself can be relied on.

    `key` names the rule together with its wording, and is empty for what is no rule of law. Where
    there is no rule at all, it has neither source nor date.
    """

    rule: str
    fact: str
    wanted: str
    key: str = ""
    summary: str = ""
    source: str = ""
    stated_on: date | None = None
    confidence: str = ""
