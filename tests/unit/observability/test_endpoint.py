"""The small HTTP server of processes that serve nothing else."""

from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics

from muster.observability.endpoint import MetricsEndpoint
from muster.observability.metrics import BATCH_SECONDS


@pytest.fixture
def reasons() -> list[str]:
    """Why the process is not ready; a test may add some."""
    return []


@pytest.fixture
def client(reasons: list[str]) -> Iterator[httpx.Client]:
    """A client of a running endpoint."""
    endpoint = MetricsEndpoint("127.0.0.1", 0, lambda: reasons)
    with httpx.Client(base_url=f"http://127.0.0.1:{endpoint.start()}") as client:
        yield client
    endpoint.close()
    endpoint.close()  # closing twice is fine


def test_it_shows_the_metrics(client: httpx.Client) -> None:
    """In the format Prometheus reads."""
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "muster_messages_processed_total" in answer.text


def test_prometheus_gets_the_traces_of_slow_messages(client: httpx.Client) -> None:
    """In OpenMetrics, which it asks for: the older format has no place for them."""
    exemplar = {"trace_id": "0af7651916cd43dd8448eb211c80319c"}
    BATCH_SECONDS.labels("dispatch", "test").observe(0.3, exemplar)

    answer = client.get("/metrics", headers={"Accept": "application/openmetrics-text"})

    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    families = openmetrics(answer.text)  # type: ignore[no-untyped-call]
    found = [s for f in families for s in f.samples if s.exemplar is not None]
    assert exemplar in [s.exemplar.labels for s in found if s.exemplar is not None]
    assert answer.text.endswith("# EOF\n")


def test_it_says_that_the_process_lives(client: httpx.Client, reasons: list[str]) -> None:
    """Ready or not."""
    reasons.append("no broker")
    assert client.get("/healthz").status_code == 200


def test_it_says_whether_the_process_is_ready(client: httpx.Client, reasons: list[str]) -> None:
    """And if not, every reason."""
    assert client.get("/readyz").status_code == 200
    reasons.extend(["no broker", "no store"])
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, ["no broker", "no store"])


def test_it_has_nothing_else(client: httpx.Client) -> None:
    """And says what it has."""
    answer = client.get("/secrets")
    assert answer.status_code == 404
    assert "/metrics" in answer.text


def test_a_check_that_fails_is_a_reason(client: httpx.Client) -> None:
    """A probe never gets a broken connection instead of an answer."""

    def broken() -> list[str]:
        raise OSError("disk gone")

    endpoint = MetricsEndpoint("127.0.0.1", 0, broken)
    port = endpoint.start()
    answer = client.get(f"http://127.0.0.1:{port}/readyz")
    endpoint.close()
    assert answer.status_code == 503
    assert "disk gone" in answer.text
