"""The dashboards as Grafana gets them, and what is read out of them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOME = Path("deploy/grafana/dashboards")
VARIABLE = re.compile(r"\$\{?([a-z_]\w*)")


@dataclass(frozen=True)
class Board:
    """A committed dashboard."""

    uid: str
    whole: dict[str, Any]

    @property
    def panels(self) -> list[dict[str, Any]]:
        """Every panel, headings of rows not counted."""
        return [panel for panel in self.whole["panels"] if panel["type"] != "row"]

    def variables(self) -> dict[str, dict[str, Any]]:
        """The variables by their names."""
        return {each["name"]: each for each in self.whole["templating"]["list"]}


@dataclass(frozen=True)
class Asked:
    """A query of a panel."""

    board: str
    panel: str
    name: str
    expression: str
    instant: bool
    exemplars: bool

    def __str__(self) -> str:
        return f"{self.board}: {self.panel} {self.name}"

    def with_variables(self, values: dict[str, str]) -> str:
        """The expression with all variables replaced, as Grafana does."""
        return VARIABLE.sub(lambda found: values[found[1]], self.expression)


def boards() -> list[Board]:
    """Every committed dashboard."""
    whole = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(HOME.glob("*.json"))]
    return [Board(each["uid"], each) for each in whole]


def every_query() -> Iterator[Asked]:
    """Yield every query of every panel."""
    for board in boards():
        for panel in board.panels:
            for target in panel["targets"]:
                yield Asked(
                    *(board.uid, panel["title"], target["refId"], target["expr"]),
                    instant=target["instant"],
                    exemplars=target["exemplar"],
                )


def enclosing(expression: str, at: int) -> list[str]:
    """What is called around a place in an expression, the innermost first."""
    called, depth = [], 0
    for place in range(at - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(expression[place], 0)
        if depth < 0:
            depth = 0
            before = re.sub(r"(by|without) \([^()]*\) $", "", expression[:place])
            called += re.findall(r"(\w+) ?$", before)
    return called
