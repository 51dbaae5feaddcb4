"""What the alerts of `deploy/prometheus/rules/` say of the figures that the panels show."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import prod
from pathlib import Path

import yaml

RULES = Path(__file__).parents[2] / "prometheus" / "rules"
COLOURS = {"page": "red", "ticket": "orange", "info": "blue"}
FINE = "green"
_COMPARISON = re.compile(r"(==|>=|<=|>|<)\s*(\d[\d.]*(?:\s*\*\s*\d[\d.]*)*)")


@dataclass(frozen=True)
class Step:
    """A colour that holds from this value on; None: from the lowest."""

    colour: str
    value: float | None = None


@dataclass(frozen=True)
class Alert:
    """An alerting rule. Several may share a name, one for each severity."""

    name: str
    severity: str
    expression: str
    runbook: str

    def comparisons(self) -> list[tuple[str, float]]:
        """Return everything that is compared with a number, with how, in its order."""
        return [
            (how, prod(float(factor) for factor in number.split("*")))
            for how, number in _COMPARISON.findall(self.expression)
        ]


@dataclass(frozen=True)
class Watch:
    """That alerts of this name watch what a panel shows.

    `at` says which of the numbers an alert compares is the panel's; without it, the last one.
    `threshold=False` if what the alert compares is not what the panel shows.
    """

    name: str
    severity: str = ""
    at: float | None = None
    threshold: bool = True

    def alerts(self) -> list[Alert]:
        """Return the alerts that are meant; raise LookupError if there are none."""
        found = [
            alert
            for alert in every_alert()
            if alert.name == self.name and self.severity in ("", alert.severity)
        ]
        if not found:
            raise LookupError(f"No rule in {RULES} is called {self.name} {self.severity}".rstrip())
        return found

    def steps(self) -> list[Step]:
        """Return where colours change, the lowest first; nothing if it is not to say so."""
        if not self.threshold:
            return []
        alert = self.alerts()[0]
        how, value = alert.comparisons()[-1] if self.at is None else self._named(alert)
        colour = COLOURS[alert.severity]
        if how in ("==", "<", "<="):
            return [Step(colour), Step(FINE, value + 1 if how == "==" else value)]
        return [Step(FINE), Step(colour, value or 1)]

    def _named(self, alert: Alert) -> tuple[str, float]:
        for how, value in alert.comparisons():
            if value == self.at:
                return how, value
        raise LookupError(f"{alert.name} compares nothing with {self.at:g}: {alert.expression}")


@cache
def every_alert() -> tuple[Alert, ...]:
    """Return every alert there is."""
    groups = [
        group
        for file in sorted(RULES.glob("*.yml"))
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
    ]
    return tuple(
        Alert(
            rule["alert"],
            rule["labels"]["severity"],
            str(rule["expr"]),
            rule["annotations"]["runbook_url"],
        )
        for group in groups
        for rule in group["rules"]
        if "alert" in rule
    )


def steps_of(watches: Sequence[Watch]) -> tuple[Step, ...]:
    """Return the steps of all these together; where two begin at one value, the graver holds."""
    grave = {colour: at for at, colour in enumerate((*COLOURS.values(), FINE))}
    found = {(step.value, grave[step.colour]): step for watch in watches for step in watch.steps()}
    together: dict[float | None, Step] = {}
    for key in sorted(found, key=lambda key: (key[0] is not None, key[0] or 0, key[1])):
        together.setdefault(key[0], found[key])
    return tuple(together.values()) or (Step(FINE),)
