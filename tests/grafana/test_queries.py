"""Every query of every panel, asked of a real Prometheus that has watched a demo."""

import math
import time

import httpx
import pytest

from muster.contracts.catalogue import OWNERS
from tests.grafana.conftest import Watched
from tests.unit.grafana.boards import Asked, every_query
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker]

# What rightly finds nothing on a system that is well, and why.
_HEARS_NOTHING = "the registry hears only of queues that were lost, and none was"
_NO_TIMER = "notify has no timers"
_UNASKED = "of notify, the demo asks for the stream, whose length is known when it ends"
NOTHING = {
    ("muster-service", "Lag", "registry"): _HEARS_NOTHING,
    ("muster-service", "Time for a batch", "registry"): _HEARS_NOTHING,
    ("muster-service", "Size of a batch", "registry"): _HEARS_NOTHING,
    ("muster-service", "Timers", "notify"): _NO_TIMER,
    ("muster-service", "Time to answer", "notify"): _UNASKED,
}
STAGES = ("Submitted", "Offered", "Confirmed", "Jobs begun", "On scene", "Jobs done", "Closed")
SHOWN = {"__rate_interval": "30s", "__range": "600s"}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

CASES = [
    pytest.param(asked, service, id=f"{asked}{' of ' * bool(service)}{service}")
    for asked in every_query()
    for service in (OWNERS if "$service" in asked.expression else ("",))
]


@pytest.mark.parametrize(("asked", "service"), CASES)
def test_a_panel_shows_something(watched: Watched, asked: Asked, service: str) -> None:
    """Prometheus understands the query, and finds figures in what was seen of the demo."""
    expression = asked.with_variables(SHOWN | {"service": service})

    figures = _figures(watched, expression, asked.instant)

    if (asked.board, asked.panel, service) not in NOTHING:
        assert figures, expression


def test_what_nothing_is_known_of_is_still_shown() -> None:
    """Each exception is one of a panel that there is."""
    assert {(board, panel) for board, panel, _ in NOTHING} <= {
        (asked.board, asked.panel) for asked in every_query()
    }


def test_the_journeys_of_the_demo_are_counted_stage_by_stage(watched: Watched) -> None:
    """None is lost on the way from a panel that shows 0 because it asks for what is not there."""
    of = {each.panel: each for each in every_query() if each.board == "muster-journey"}
    counted = {
        stage: sum(_figures(watched, of[stage].with_variables(SHOWN), now=True)) for stage in STAGES
    }

    assert min(counted.values()) > 0, counted
    told = {
        "Submitted": watched.report["requests"],
        "Confirmed": watched.report["confirmed"],
        "Jobs done": watched.report["jobs_completed"],
    }
    # Prometheus guesses what happened after its last look, and on a busy machine its first is late.
    for stage, number in told.items():
        assert 0.3 * number <= counted[stage] <= 1.2 * number, (stage, counted, told)


def test_the_services_to_choose_from_are_muster_s(watched: Watched) -> None:
    """By the question that the variable asks."""
    found = watched.prometheus.query("count by (service) (muster_database_up)")
    assert {sample.labels["service"] for sample in found} == set(OWNERS)


@pytest.mark.parametrize("asked", [asked for asked in every_query() if asked.exemplars], ids=str)
def test_a_panel_with_exemplars_asks_for_a_histogram(asked: Asked) -> None:
    """Nothing else has any."""
    assert "_bucket" in asked.expression


def test_an_exemplar_leads_from_a_panel_to_its_trace(watched: Watched) -> None:
    """A request that belongs to a sampled trace is found beside the panel's line."""
    sampled = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    assert httpx.get(f"{watched.api}/v1/requests", headers=sampled, timeout=10).status_code == 401
    [asked] = [each for each in every_query() if each.panel == "Time to answer"]
    expression = asked.with_variables(SHOWN | {"service": "matching"})

    eventually(lambda: TRACE in _traces(watched, expression), within_s=30)


def _figures(watched: Watched, expression: str, now: bool) -> list[float]:
    """The figures that the panel shows: only the newest, or all since the demo began."""
    if now:
        values = [sample.value for sample in watched.prometheus.query(expression)]
    else:
        series = watched.prometheus.query_range(expression, watched.since, time.time(), step=5)
        values = [float(value) for each in series for _, value in each["values"]]
    return [value for value in values if math.isfinite(value)]


def _traces(watched: Watched, expression: str) -> set[str]:
    """The traces of the exemplars that Grafana would draw."""
    span = {"start": str(watched.since), "end": str(time.time())}
    answer = httpx.get(
        f"{watched.prometheus.url}/api/v1/query_exemplars",
        params={"query": expression, **span},
        timeout=30,
    ).json()
    found = [exemplar for each in answer["data"] for exemplar in each["exemplars"]]
    return {exemplar["labels"]["trace_id"] for exemplar in found}
