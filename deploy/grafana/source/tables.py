"""Tables: a row for each value of a label, a column for each query."""

from collections.abc import Mapping, Sequence

from deploy.grafana.source.alerts import Step, Watch, steps_of
from deploy.grafana.source.panels import TALL, Json, Panel, Query


def table(
    title: str,
    description: str,
    columns: Mapping[str, Query],
    *,
    key: str,
    unit: str = "short",
    watch: Mapping[str, Sequence[Watch]] | None = None,
    width: int = 12,
    height: int = TALL,
) -> Panel:
    """Return a row for each value of the label `key`, a column for each query."""
    by_name = {chr(65 + at): name for at, name in enumerate(columns)}
    watched = watch or {}
    return Panel(
        *("table", title, description, unit, tuple(columns.values()), width, height),
        watches=tuple(each for several in watched.values() for each in several),
        steps=(Step("text"),),
        options={"showHeader": True, "cellHeight": "sm", "footer": {"show": False}},
        defaults={"custom": {"align": "auto", "filterable": False}},
        overrides=tuple(coloured(name, several) for name, several in watched.items()),
        transformations=merged(by_name, key),
    )


def coloured(column: str, watches: Sequence[Watch], *, text: bool = True) -> Json:
    """Return what colours a column by what the alerts say of it; in a table, its text."""
    steps = [{"color": step.colour, "value": step.value} for step in steps_of(watches)]
    cells = [{"id": "custom.cellOptions", "value": {"type": "color-text"}}]
    return {
        "matcher": {"id": "byName", "options": column},
        "properties": [
            {"id": "thresholds", "value": {"mode": "absolute", "steps": steps}},
            *(cells if text else ()),
        ],
    }


def merged(by_name: Mapping[str, str], key: str) -> tuple[Json, ...]:
    """Return what makes one row for each `key` of several queries, with names for the columns."""
    renamed = {f"Value #{query}": name for query, name in by_name.items()}
    if len(by_name) == 1:
        renamed = {"Value": next(iter(by_name.values()))}
    order = {name: at for at, name in enumerate((key, *renamed))}
    organised = {
        "excludeByName": {"Time": True},
        "indexByName": order,
        "renameByName": renamed,
    }
    return ({"id": "merge", "options": {}}, {"id": "organize", "options": organised})
