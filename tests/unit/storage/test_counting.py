"""What is counted in a unit of work shows when, and only when, it has taken place."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from prometheus_client import REGISTRY, Counter, Histogram

from muster.context import Context
from muster.contracts.vocabulary.lifecycle import Actor
from muster.observability.measuring import Label, Metric, counter, histogram
from muster.storage.store import Store, StoreUnavailable
from muster.storage.tables import service_metadata
from tests.stores import memory_store

TRACED = Context(
    Actor("someone"),
    correlation_id="cor_1",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
)


@pytest.fixture
def store() -> Store:
    """Return an empty store of a service of its own."""
    return memory_store("counting", service_metadata())


@pytest.fixture
def apples() -> Iterator[Metric[Counter]]:
    """Return a counter that nobody else has."""
    made = counter("muster_test_apples_total", "Apples.", [Label("colour")], (), "")
    yield made
    REGISTRY.unregister(made._metric)


@pytest.fixture
def weights() -> Iterator[Metric[Histogram]]:
    """Return a histogram that nobody else has."""
    made = histogram("muster_test_weight_kilograms", "Weight.", [], (), "", (1, 2))
    yield made
    REGISTRY.unregister(made._metric)


def shown(name: str, **labels: str) -> float:
    """Return what a scrape would show, 0 if nothing."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_what_was_counted_shows_after_the_commit(store: Store, apples: Metric[Counter]) -> None:
    """And not before: the commit may fail."""
    with store.begin(TRACED) as work:
        work.count(apples, "red")
        work.count(apples, "red", by=2)
        work.count(apples, "green")
        assert shown("muster_test_apples_total", colour="red") == 0

    assert shown("muster_test_apples_total", colour="red") == 3
    assert shown("muster_test_apples_total", colour="green") == 1


def test_what_is_rolled_back_was_never_counted(store: Store, apples: Metric[Counter]) -> None:
    """A metric tells of what is so."""
    with suppress(RuntimeError), store.begin(TRACED) as work:
        work.count(apples, "red")
        raise RuntimeError("no")

    assert shown("muster_test_apples_total", colour="red") == 0


def test_what_is_observed_carries_the_trace_it_was_seen_in(
    store: Store, weights: Metric[Histogram]
) -> None:
    """So that whoever looks at a slow one finds its trace."""
    with store.begin(TRACED) as work:
        work.observe(weights, 1.5)

    (family,) = weights._metric.collect()
    (example,) = [sample.exemplar for sample in family.samples if sample.exemplar]
    assert example.labels == {"trace_id": "0af7651916cd43dd8448eb211c80319c"}
    assert shown("muster_test_weight_kilograms_sum") == 1.5


@pytest.mark.parametrize(
    ("failure", "outcome", "up"),
    [
        (None, "committed", 1),
        (RuntimeError("a use case failed"), "rolled_back", 1),
        (StoreUnavailable("the disk is gone"), "failed", 0),
    ],
)
def test_every_transaction_is_measured_by_its_end(
    store: Store, failure: Exception | None, outcome: str, up: float
) -> None:
    """And says whether the database could be reached."""
    name = "muster_database_transaction_duration_seconds_count"
    before = shown(name, service="counting", outcome=outcome)

    with suppress(RuntimeError, StoreUnavailable), store.begin(TRACED):
        if failure is not None:
            raise failure

    assert shown(name, service="counting", outcome=outcome) == before + 1
    assert shown("muster_database_up", service="counting") == up
