"""What stands in `deploy/prometheus/rules/`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from tests.servers.prometheus import SETTINGS

RULES = sorted((SETTINGS / "rules").glob("*.yml"))
TESTS = sorted((SETTINGS / "tests").glob("*.yml"))
RUNBOOKS = SETTINGS.parents[1] / "docs" / "runbooks"

_WORDS_OF_PROMQL = re.compile(r"\b(muster_\w+|rabbitmq_\w+|prometheus_\w+|process_\w+|up)\b")
_SELECTOR = re.compile(r"\b(muster_\w+)\{([^}]*)\}")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')


@dataclass(frozen=True)
class AlertRule:
    """One alert of the rules; several may have one name."""

    name: str
    expression: str
    labels: dict[str, str]
    annotations: dict[str, str]

    @property
    def runbook(self) -> str:
        """The name of its runbook's file, as its own name demands it."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", self.name).lower() + ".md"


def all_rules() -> Iterator[dict[str, Any]]:
    """Yield every rule, recording or alerting."""
    for file in RULES:
        for group in yaml.safe_load(file.read_text())["groups"]:
            yield from group["rules"]


def alert_rules() -> list[AlertRule]:
    """Return every alert."""
    return [
        AlertRule(each["alert"], each["expr"], each["labels"], each["annotations"])
        for each in all_rules()
        if "alert" in each
    ]


def metrics_in(expression: str) -> set[str]:
    """Return the names of metrics that an expression reads, recorded ones (`slo:…`) left out."""
    return set(_WORDS_OF_PROMQL.findall(re.sub(r'"[^"]*"', '""', expression)))


def matchers_in(expression: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield (metric, label, operator, value) of what an expression asks of our own metrics."""
    for metric, matchers in _SELECTOR.findall(expression):
        for label, operator, value in _MATCHER.findall(matchers):
            yield metric, label, operator, value
