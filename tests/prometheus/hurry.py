"""The rules as they are, but in a hurry: minutes are seconds, and a month is a minute.

Windows, `for:` and ages that a test would have to wait for are shorter; expressions, labels and
annotations are untouched otherwise.
"""

import re
from typing import Any

from tests.servers.prometheus import Groups

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
AGES = {  # what an age is compared with, in seconds
    "OutboxStuck": ("> 60", "> 3"),
    "TimersLate": ("> 60", "> 3"),
    "MeasuringStopped": ("> 120", "> 25"),  # it is measured every 15 s
    "ReviewsOld": ("> 3600", "> 5"),
    "QueueGrowing": ("> 100", "> 3"),  # messages, this one
}
PATIENT = {"MeasuringStopped"}  # looks a day back for a last sign of life
SHORTEST = 10  # seconds; a rate needs two scrapes


def hurried(groups: Groups) -> Groups:
    """Return the groups of a file of rules in a hurry."""
    return [group | {"rules": [_hurried(rule) for rule in group["rules"]]} for group in groups]


def _hurried(rule: dict[str, Any]) -> dict[str, Any]:
    expression = rule["expr"]
    if rule.get("alert") not in PATIENT:
        expression = re.sub(
            r"(\[|offset )(\d+)([smhd])",
            lambda found: f"{found[1]}{_shorter(int(found[2]) * SECONDS[found[3]])}s",
            expression,
        )
    if rule.get("alert") in AGES:
        before, after = AGES[rule["alert"]]
        assert before in expression, rule["alert"]
        expression = expression.replace(before, after)
    soon = {"for": "1s"} if "for" in rule else {}
    return rule | {"expr": expression} | soon


def _shorter(seconds: int) -> int:
    """Keep windows in their order: 5 m is 10 s, 1 h 16 s, 30 d 61 s."""
    return round(SHORTEST * (seconds / 300) ** 0.2) if seconds > 300 else SHORTEST
