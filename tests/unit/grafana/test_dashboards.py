"""The committed dashboards are what the code says, and hold together. No Grafana is needed."""

import re
from importlib import import_module
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.grafana.source.every import HOME, files
from deploy.grafana.source.service import ROUTES
from muster.contracts.catalogue import OWNERS
from muster.observability.metrics_page import of_the_machinery, of_the_work
from tests.unit.grafana.boards import VARIABLE, Board, boards, enclosing, every_query

BUILT_IN = {"__rate_interval", "__range"}  # Grafana's own variables that we use
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}
OURS = {
    metric.name + suffix
    for metric in (*of_the_work(), *of_the_machinery())
    for suffix in SUFFIXES[metric.kind]
}
RULES = [
    rule
    for file in sorted(Path("deploy/prometheus/rules").glob("*.yml"))
    for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
# What Prometheus says of itself; who watches it must not depend on it.
NOT_SHOWN = {"Watchdog", "AlertsUndelivered"}
RECORDED = {rule["record"] for rule in RULES if "record" in rule}

each_board = pytest.mark.parametrize("board", boards(), ids=lambda board: board.uid)


def test_the_files_are_what_the_code_says() -> None:
    """Or `make docs` has to be run."""
    committed = {path: path.read_text(encoding="utf-8") for path in HOME.glob("*.json")}
    assert committed == files()


def test_no_two_dashboards_share_an_address() -> None:
    """Grafana would show only one of them; and it takes no uid of more than 40 characters."""
    uids = [board.uid for board in boards()]
    assert len(uids) == len(set(uids)) == 5
    assert all(re.fullmatch(r"[a-z-]{1,40}", uid) for uid in uids)


@each_board
def test_every_panel_has_a_number_of_its_own(board: Board) -> None:
    """Links and the rows' headings hang on it."""
    numbers = [panel["id"] for panel in board.whole["panels"]]
    assert len(numbers) == len(set(numbers))


@each_board
def test_panels_lie_side_by_side(board: Board) -> None:
    """None lies on another, nor beyond the edge."""
    places = [panel["gridPos"] for panel in board.whole["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    assert not [pair for pair in combinations(places, 2) if _overlap(*pair)]


@each_board
def test_every_panel_says_what_it_shows(board: Board) -> None:
    """A title of its own within its row, a sentence, a unit, and at least one query."""
    for panel in board.panels:
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["targets"]
        assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["value"] is None
    titles = [panel["title"] for panel in board.panels]
    assert len(titles) == len(set(titles))


@each_board
def test_thresholds_rise(board: Board) -> None:
    """Grafana takes the last step that is not above the value."""
    for panel in board.panels:
        values = [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]
        assert values[1:] == sorted(values[1:]), panel["title"]


@each_board
def test_every_query_goes_to_the_chosen_prometheus(board: Board) -> None:
    """No dashboard knows a data source by name: it is chosen at the top."""
    assert board.variables()["datasource"]["type"] == "datasource"
    for panel in board.panels:
        for asked in (panel, *panel["targets"]):
            assert asked["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@each_board
def test_every_variable_is_declared(board: Board) -> None:
    """A misspelt one would be asked for as it stands."""
    used = {name for panel in board.panels for name in VARIABLE.findall(str(panel))}
    assert used - BUILT_IN <= set(board.variables())
    assert used >= set(board.variables()) - {"runbooks"}


@each_board
def test_links_lead_to_the_runbooks_of_alerts(board: Board) -> None:
    """Each alert that a panel names is there, with its runbook."""
    runbooks = {
        rule["alert"]: rule["annotations"]["runbook_url"] for rule in RULES if _alerts(rule)
    }
    for panel in board.panels:
        linked = {link["title"].split()[-1]: link["url"] for link in panel["links"]}
        for alert, url in linked.items():
            assert url.replace("${runbooks}", "docs/runbooks") == runbooks[alert]
            assert alert in panel["description"]


def test_every_alert_is_watched_by_some_panel() -> None:
    """So that its link leads to what it is about."""
    linked = {
        link["title"].split()[-1]
        for board in boards()
        for panel in board.panels
        for link in panel["links"]
    }
    unseen = {rule["alert"] for rule in RULES if _alerts(rule)} - linked
    assert unseen == NOT_SHOWN


def test_every_metric_exists() -> None:
    """Each is Muster's, RabbitMQ's, recorded by a rule, or Prometheus' own."""
    for asked in every_query():
        for name in re.findall(r"\b(?:muster_|slo:)[\w:]+", asked.expression):
            assert name in OURS | RECORDED, f"{asked} asks for {name}"


def test_labels_are_those_of_the_metric() -> None:
    """A matcher on a label that a metric does not have finds nothing, for ever."""
    of = {
        metric.name + suffix: set(metric.label_names)
        for metric in (*of_the_work(), *of_the_machinery())
        for suffix in SUFFIXES[metric.kind]
    }
    for asked in every_query():
        for name, matchers in re.findall(r"\b(muster_\w+)\{([^}]*)\}", asked.expression):
            used = set(re.findall(r"(\w+)(?:=~|!~|!=|=)\"", matchers))
            assert used <= of[name] | {"le", "job", "process", "instance"}, asked


def test_no_query_names_an_instance() -> None:
    """Processes come and go; a dashboard that names one is empty tomorrow."""
    for asked in every_query():
        assert not re.search(r"(instance|process|pod|node)\s*(=|!)", asked.expression), asked
        assert not re.search(r"\d+\.\d+\.\d+\.\d+|localhost|:\d{4}", asked.expression), asked


def test_gauges_of_state_are_not_added_up_over_workers() -> None:
    """Every worker of a service exports the same."""
    measured = [
        metric.name
        for metric in (*of_the_work(), *of_the_machinery())
        if metric.kind == "gauge" and metric.when.startswith(("measured every", "every"))
    ]
    assert "muster_requests_open" in measured
    for asked in every_query():
        for found in re.finditer(rf"\b(?:{'|'.join(measured)})\b", asked.expression):
            assert "max" in enclosing(asked.expression, found.start()), asked


def test_counters_are_read_as_rates() -> None:
    """How much a process has counted since it started says nothing."""
    for asked in every_query():
        for name in re.findall(r"\bmuster_\w+(?:_total|_bucket|_sum|_count)\b", asked.expression):
            assert re.search(rf"(rate|increase)\({name}", asked.expression), asked


def test_every_route_belongs_to_one_service() -> None:
    """The service's dashboard tells routes apart by their paths."""
    for service in OWNERS:
        router = import_module(f"services.{service}.api").router
        for route in router.routes:
            owners = [name for name, paths in ROUTES.items() if re.fullmatch(paths, route.path)]
            assert owners == [service], route.path


def _alerts(rule: dict[str, Any]) -> bool:
    return "alert" in rule


def _overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    apart = (
        one["x"] + one["w"] <= other["x"],
        other["x"] + other["w"] <= one["x"],
        one["y"] + one["h"] <= other["y"],
        other["y"] + other["h"] <= one["y"],
    )
    return not any(apart)
