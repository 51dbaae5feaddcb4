"""A dashboard: rows of panels, placed in reading order, with the variables that its queries use."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from deploy.grafana.source.panels import DATASOURCE, Json, Panel

COLUMNS = 24
_RUNBOOKS = "/public/runbooks"


@dataclass(frozen=True)
class Row:
    """A part of a dashboard, with its name above it."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Dashboard:
    """What is seen at one look. `uid` is in its address and never changes."""

    uid: str
    title: str
    description: str
    rows: tuple[Row, ...]
    variables: tuple[Json, ...] = ()
    shown: str = "now-1h"
    every: str = "30s"

    def panels(self) -> Iterator[Panel]:
        """Yield every panel."""
        for row in self.rows:
            yield from row.panels

    def json(self) -> Json:
        """Return it as Grafana reads it."""
        return {
            "annotations": {"list": [_ALERTS]},
            "description": self.description,
            "editable": False,
            "fiscalYearStartMonth": 0,
            "graphTooltip": 1,
            "id": None,
            "links": [_OTHERS],
            "panels": list(_placed(self.rows)),
            "refresh": self.every,
            "schemaVersion": 39,
            "tags": ["muster"],
            "templating": {"list": [_WHERE, _WHERE_RUNBOOKS_ARE, *self.variables]},
            "time": {"from": self.shown, "to": "now"},
            "timepicker": {},
            "timezone": "utc",
            "title": f"Muster: {self.title}",
            "uid": self.uid,
            "version": 1,
            "weekStart": "monday",
        }


def choice(name: str, label: str, question: str, description: str) -> Json:
    """Return a variable whose values Prometheus is asked for."""
    return {
        "datasource": DATASOURCE,
        "definition": question,
        "description": description,
        "hide": 0,
        "includeAll": False,
        "label": label,
        "multi": False,
        "name": name,
        "query": {"query": question, "refId": name},
        "refresh": 2,
        "sort": 1,
        "type": "query",
    }


def _placed(rows: Sequence[Row]) -> Iterator[Json]:
    numbers, y = count(1), 0
    for row in rows:
        yield _heading(row.title, next(numbers), y)
        x, y, tallest = 0, y + 1, 0
        for panel in row.panels:
            if x + panel.width > COLUMNS:
                x, y, tallest = 0, y + tallest, 0
            yield panel.json(next(numbers), x, y)
            x, tallest = x + panel.width, max(tallest, panel.height)
        y += tallest


def _heading(title: str, number: int, y: int) -> Json:
    return {
        "collapsed": False,
        "gridPos": {"h": 1, "w": COLUMNS, "x": 0, "y": y},
        "id": number,
        "panels": [],
        "title": title,
        "type": "row",
    }


_WHERE = {
    "hide": 0,
    "includeAll": False,
    "label": "Prometheus",
    "multi": False,
    "name": "datasource",
    "query": "prometheus",
    "refresh": 1,
    "type": "datasource",
}
_WHERE_RUNBOOKS_ARE = {
    "description": "Where the pages of docs/runbooks/ are served",
    "hide": 2,
    "label": "Runbooks",
    "name": "runbooks",
    "query": _RUNBOOKS,
    "current": {"text": _RUNBOOKS, "value": _RUNBOOKS},
    "type": "textbox",
}
_OTHERS = {
    "asDropdown": False,
    "includeVars": False,
    "keepTime": True,
    "tags": ["muster"],
    "targetBlank": False,
    "title": "Muster",
    "type": "dashboards",
}
# When somebody was called: the moments at which an alert that pages fired.
_ALERTS = {
    "datasource": DATASOURCE,
    "enable": True,
    "expr": 'ALERTS{alertstate="firing",severity="page"}',
    "iconColor": "red",
    "name": "Alerts that page",
    "step": "60s",
    "tagKeys": "severity",
    "textFormat": "",
    "titleFormat": "{{alertname}}",
}
