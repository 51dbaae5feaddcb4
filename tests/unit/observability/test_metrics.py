"""Every metric is named, labelled and described as Prometheus and whoever is on duty need it."""

import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from muster.contracts.catalogue import OWNERS
from muster.observability.exposition import begin_metrics, exposition
from muster.observability.measuring import (
    API,
    RELAY,
    WORKER,
    Label,
    Metric,
    counter,
    gauge,
    set_all,
)
from muster.observability.metrics_page import of_the_machinery, of_the_work, page

EVERY = (*of_the_work(), *of_the_machinery())
UNITS = {
    "counter": ("_total",),
    "histogram": ("_seconds", "_size", "_ratio"),
}

every_metric = pytest.mark.parametrize("metric", EVERY, ids=lambda metric: metric.name)


def test_the_page_is_what_the_metrics_say() -> None:
    """Or `make docs` has to be run."""
    assert Path("docs/metrics.md").read_text(encoding="utf-8") == page()


@every_metric
def test_a_metric_is_registered_under_its_name(metric: Metric[Any]) -> None:
    """So that it is on the page of the process that has it."""
    name = metric.name.removesuffix("_total")
    families = {family.name: family.type for family in REGISTRY.collect()}
    assert families[name] == metric.kind


@every_metric
def test_a_metric_ends_with_its_unit(metric: Metric[Any]) -> None:
    """Counters with _total; times in seconds, as Prometheus wants it."""
    assert metric.name.startswith("muster_")
    assert metric.name.endswith(UNITS.get(metric.kind, ""))
    assert not re.search(r"milli|minute|hour|percent", metric.name)


@every_metric
def test_a_metric_says_what_it_means_and_what_bounds_its_labels(metric: Metric[Any]) -> None:
    """A label without a bound grows until Prometheus falls over; an id has none."""
    assert metric.meaning.endswith(".")
    assert metric.when
    assert set(metric.by) <= {API, WORKER, RELAY}
    for label in metric.with_labels:
        assert label.values or label.bound
        assert not label.name.endswith("id")
        assert label.name not in ("instance", "process", "job")  # Prometheus' own


@pytest.mark.parametrize("process", [API, WORKER, RELAY])
def test_a_page_of_metrics_can_be_read(process: str) -> None:
    """By Prometheus, and each has a word of help."""
    begin_metrics(process, OWNERS)

    _, body = exposition("")

    families = list(text_string_to_metric_families(body.decode()))
    assert all(family.documentation for family in families)
    names = [family.name for family in families]
    assert len(names) == len(set(names))


def test_what_can_be_listed_is_there_before_it_happens() -> None:
    """So the first emergency is seen as one more, not as a series that begins at one."""
    begin_metrics(API, ["matching"])

    for urgency in ("emergency", "urgent", "planned"):
        labels = {"urgency": urgency}
        assert REGISTRY.get_sample_value("muster_requests_submitted_total", labels) is not None


def test_a_gauge_that_was_not_measured_claims_nothing() -> None:
    """Nobody has looked yet: that is not the same as none."""
    made = gauge("muster_test_rooms", "Rooms.", [Label("floor", ("1", "2"))], [WORKER], "")
    try:
        made.foresee(WORKER, OWNERS)
        assert list(made.known()) == []
    finally:
        REGISTRY.unregister(made._metric)


def test_what_another_service_counts_is_not_shown() -> None:
    """A worker of the registry does not say that there are no requests."""
    made = counter(
        "muster_test_calls_total", "Calls.", [Label("far", ("yes", "no"))], [WORKER], "", ["notify"]
    )
    try:
        made.foresee(WORKER, ["registry"])
        assert list(made.known()) == []
        made.foresee(WORKER, ["registry", "notify"])
        assert [labels for labels, _ in made.known()] == [("yes",), ("no",)]
    finally:
        REGISTRY.unregister(made._metric)


def test_what_is_no_more_falls_to_nothing() -> None:
    """A gauge of state does not keep the last it saw of a country."""
    made = gauge("muster_test_cars", "Cars.", [Label("country")], [WORKER], "")
    try:
        set_all(made, {("KH",): 3, ("SG",): 1})
        set_all(made, {("SG",): 2})
        assert REGISTRY.get_sample_value("muster_test_cars", {"country": "KH"}) == 0
        assert REGISTRY.get_sample_value("muster_test_cars", {"country": "SG"}) == 2
    finally:
        REGISTRY.unregister(made._metric)
