"""What a panel is: queries, a look, a unit, and what the alerts say of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from deploy.grafana.source.alerts import Step, Watch, steps_of

Json = dict[str, Any]
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
SHORT, TALL = 4, 8


@dataclass(frozen=True)
class Query:
    """An expression of PromQL. `now`: only how it is at the end of the time that is shown."""

    expression: str
    legend: str = ""
    now: bool = False
    exemplars: bool = False
    form: str = "time_series"

    def json(self, name: str) -> Json:
        """Return it as Grafana reads it; `name` tells the queries of a panel apart."""
        return {
            "datasource": DATASOURCE,
            "editorMode": "code",
            "exemplar": self.exemplars,
            "expr": self.expression,
            "format": self.form,
            "instant": self.now,
            "legendFormat": self.legend,
            "range": not self.now,
            "refId": name,
        }


@dataclass(frozen=True)
class Panel:
    """One panel. It is placed by the dashboard, in reading order."""

    kind: str
    title: str
    description: str
    unit: str
    queries: tuple[Query, ...]
    width: int
    height: int
    watches: tuple[Watch, ...] = ()
    steps: tuple[Step, ...] = ()
    options: Json = field(default_factory=dict)
    defaults: Json = field(default_factory=dict)
    overrides: tuple[Json, ...] = ()
    transformations: tuple[Json, ...] = ()

    def json(self, number: int, x: int, y: int) -> Json:
        """Return it as Grafana reads it, at this place."""
        return {
            "datasource": DATASOURCE,
            "description": self._told(),
            "fieldConfig": {
                "defaults": {
                    "unit": self.unit,
                    "color": {"mode": "thresholds"},
                    "mappings": [],
                    "thresholds": {"mode": "absolute", "steps": self._steps()},
                    **self.defaults,
                },
                "overrides": list(self.overrides),
            },
            "gridPos": {"h": self.height, "w": self.width, "x": x, "y": y},
            "id": number,
            "links": self._links(),
            "options": self.options,
            "targets": [query.json(chr(65 + at)) for at, query in enumerate(self.queries)],
            "title": self.title,
            "transformations": list(self.transformations),
            "type": self.kind,
        }

    def _steps(self) -> list[Json]:
        steps = self.steps or steps_of(self.watches)
        return [{"color": step.colour, "value": step.value} for step in steps]

    def _told(self) -> str:
        names = list(dict.fromkeys(watch.name for watch in self.watches))
        return f"{self.description} Alert: {', '.join(names)}." if names else self.description

    def _links(self) -> list[Json]:
        runbooks = dict.fromkeys(
            (watch.name, alert.runbook) for watch in self.watches for alert in watch.alerts()
        )
        return [
            {
                "title": f"What to do about {name}",
                "url": "${runbooks}/" + runbook.removeprefix("docs/runbooks/"),
                "targetBlank": True,
            }
            for name, runbook in runbooks
        ]


def stat(
    title: str,
    description: str,
    unit: str,
    *queries: Query,
    watch: Sequence[Watch] = (),
    steps: Sequence[Step] = (),
    width: int = 4,
    named: bool = False,
    mappings: Sequence[Json] = (),
) -> Panel:
    """Return big figures: how it is now. `named`: each with its name, for there are several."""
    options = {
        "colorMode": "value" if watch or steps else "none",
        "graphMode": "none" if all(query.now for query in queries) else "area",
        "justifyMode": "auto",
        "orientation": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "textMode": "value_and_name" if named else "value",
    }
    defaults = {"mappings": list(mappings)}
    return Panel(
        *("stat", title, description, unit, queries, width, SHORT),
        watches=tuple(watch),
        steps=tuple(steps),
        options=options,
        defaults=defaults,
    )


def graph(
    title: str,
    description: str,
    unit: str,
    *queries: Query,
    watch: Sequence[Watch] = (),
    steps: Sequence[Step] = (),
    width: int = 12,
    stacked: bool = False,
    bounds: tuple[float | None, float | None] = (0, None),
) -> Panel:
    """Return lines over time. Where an alert watches them, its threshold is drawn, too."""
    defaults: Json = {
        "color": {"mode": "palette-classic"},
        "custom": {
            "drawStyle": "line",
            "fillOpacity": 30 if stacked else 5,
            "lineWidth": 1,
            "showPoints": "auto",
            "spanNulls": False,
            "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
            "thresholdsStyle": {"mode": "dashed" if watch or steps else "off"},
        },
    }
    lowest, highest = bounds
    defaults |= {"min": lowest} if lowest is not None else {}
    defaults |= {"max": highest} if highest is not None else {}
    options = {
        "legend": {
            "calcs": ["lastNotNull", "max"],
            "displayMode": "table",
            "placement": "right",
            "showLegend": True,
        },
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return Panel(
        *("timeseries", title, description, unit, queries, width, TALL),
        watches=tuple(watch),
        steps=tuple(steps),
        options=options,
        defaults=defaults,
    )


def bars(
    title: str, description: str, unit: str, *queries: Query, width: int = 8, height: int = TALL
) -> Panel:
    """Return a bar for each series: what happened in the time that is shown, the most first."""
    options = {
        "displayMode": "basic",
        "orientation": "horizontal",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "showUnfilled": True,
    }
    return Panel(
        *("bargauge", title, description, unit, queries, width, height),
        options=options,
        defaults={"color": {"mode": "continuous-BlPu"}, "min": 0},
    )


def heatmap(title: str, description: str, query: Query, *, width: int = 12) -> Panel:
    """Return how a duration is spread over time, from a histogram's buckets, with exemplars."""
    options = {
        "calculate": False,
        "cellGap": 1,
        "color": {"mode": "scheme", "scheme": "Oranges", "exponent": 0.5, "steps": 64},
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "tooltip": {"mode": "single", "yHistogram": False},
        "yAxis": {"axisPlacement": "left", "unit": "s"},
    }
    return Panel("heatmap", title, description, "short", (query,), width, TALL, options=options)
