"""A real Prometheus finds, takes and understands what a running Muster shows."""

import subprocess

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.prometheus.conftest import Watched
from tests.prometheus.test_rules import OTHERS
from tests.prometheus.watching import LATER, SOON, is_told
from tests.servers.prometheus import Prometheus, program_of_prometheus
from tests.waiting import eventually

pytestmark = [pytest.mark.broker, pytest.mark.postgres, pytest.mark.e2e]


def test_every_target_of_a_running_muster_is_up(watched: Watched, prometheus: Prometheus) -> None:
    """api, worker and relay; RabbitMQ's node and its queues; Prometheus itself."""
    eventually(lambda: len(prometheus.health()) == 6, within_s=SOON)
    eventually(lambda: set(prometheus.health().values()) == {""}, within_s=SOON)
    processes = {each.labels["process"] for each in prometheus.query('up{job="muster"} == 1')}
    assert processes == {"api", "worker", "relay"}


def test_no_alert_but_the_watchdog_when_all_is_well(prometheus: Prometheus) -> None:
    """A system that has just been started wakes nobody."""
    is_told(prometheus, "Watchdog")
    eventually(lambda: {each.name for each in prometheus.alerts()} == {"Watchdog"}, within_s=LATER)


def test_what_rules_read_of_others_is_there(prometheus: Prometheus) -> None:
    """Names of RabbitMQ's and Prometheus' own metrics are as these versions have them."""
    eventually(lambda: prometheus.query("rabbitmq_detailed_queue_consumers"), within_s=SOON)
    assert [name for name in sorted(OTHERS) if not prometheus.query(name)] == []


@pytest.mark.parametrize("process", ["api", "worker", "relay"])
def test_the_page_of_a_process_is_as_prometheus_wants_it(watched: Watched, process: str) -> None:
    """`promtool check metrics` finds no fault with what we name and describe."""
    page = httpx.get(watched.deployment.metrics_of(process), timeout=30).text
    promtool = program_of_prometheus("promtool")
    ours = "\n".join(line for line in page.splitlines() if "muster_" in line) + "\n"
    assert list(text_string_to_metric_families(ours))
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=ours, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
