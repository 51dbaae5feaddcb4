"""The stack: closed, watched, and losing nothing while its containers are killed under load."""

from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from tests.compose.stack import PublishedLoad, Stack, name_of
from tests.waiting import eventually

KILLED = ("worker", "relay", "rabbitmq", "postgres", "api")
SERVING = {*KILLED, "prometheus", "alertmanager"}
RATE_PER_S = 3.0
RECOVERS_WITHIN_S = 180

pytestmark = pytest.mark.timeout(3600)


def test_every_container_is_healthy(stack: Stack) -> None:
    """All that is to go on running is there, and says that it is well."""
    assert stack.health() == dict.fromkeys(SERVING, "healthy")


def test_nobody_is_root_or_writes_to_his_own_files(stack: Stack) -> None:
    """As Docker has it, not only as the file says."""
    for each in stack.containers():
        host, name = each["HostConfig"], each["Name"]
        assert each["Config"]["User"].split(":")[0] not in ("", "0", "root"), name
        assert host["ReadonlyRootfs"], name
        assert host["CapDrop"] == ["ALL"], name
        assert host["Memory"] > 0, name
        assert host["PidsLimit"] > 0, name


def test_only_the_api_can_be_reached_from_outside(stack: Stack) -> None:
    """Neither databases, nor broker, nor Prometheus have a port on the machine."""
    published = {
        name_of(each)
        for each in stack.containers()
        for ports in (each["NetworkSettings"]["Ports"] or {}).values()
        if ports
    }
    assert published == {"api"}


def test_a_container_reaches_what_it_has_business_with_and_nothing_else(stack: Stack) -> None:
    """The api has no business with RabbitMQ; the others show that the question can be answered."""
    assert stack.reaches("api", "postgres", 5432)
    assert stack.reaches("worker", "rabbitmq", 5671)
    assert stack.reaches("relay", "rabbitmq", 5671)
    assert not stack.reaches("api", "rabbitmq", 5671)
    assert not stack.reaches("api", "alertmanager", 9093)
    assert not stack.reaches("relay", "alertmanager", 9093)


def test_prometheus_sees_all_of_it_and_alertmanager_hears_of_it(stack: Stack) -> None:
    """Processes, broker, queues and itself; and the alert that always stands has come through."""
    wanted = {"api", "worker", "relay", "rabbitmq", "rabbitmq-queues", "prometheus"}
    eventually(lambda: stack.targets() == dict.fromkeys(wanted, True), within_s=120, every_s=2)
    eventually(lambda: "Watchdog" in stack.alerts(), within_s=120, every_s=2)


def test_nothing_is_lost_while_containers_are_killed_under_load(
    stack: Stack, figures: dict[str, Any], tmp_path: Path
) -> None:
    """Requests go from submission to the end of the work through the published API; each container
    is killed once on the way, comes back by itself, and requests are offered again."""
    ledger = tmp_path / "ledger.jsonl"
    recovered: dict[str, float] = {}
    load = PublishedLoad(stack.target(), RATE_PER_S, ledger, scarce=2)
    load.stack = stack
    with load:
        with load.running():
            _sees_a_request_through(load)
            for service in KILLED:
                struck = monotonic()
                stack.kill(service)
                _sees_a_request_through(load)
                recovered[service] = round(monotonic() - struck, 1)
        figures |= {"recovered_s": recovered}
        load.settle(within_s=300)
        accounts = stack.account(ledger)
        figures |= {"accounting": accounts, "traffic": load.traffic}

    assert accounts["acknowledged"] == accounts["attempted"] > 0
    wrong = ("lost", "doubled", "overbooked", "unexpected")
    left = ("undelivered", "outbox_backlog", "dead_letters", "queued")
    assert not any(accounts[name] for name in (*wrong, *left)), accounts


def test_all_are_well_and_seen_again_after_the_kills(stack: Stack) -> None:
    """Prometheus finds the containers that came back, and every health check passes."""
    eventually(lambda: stack.health() == dict.fromkeys(SERVING, "healthy"), within_s=180, every_s=2)
    eventually(lambda: all(stack.targets().values()), within_s=120, every_s=2)


def _sees_a_request_through(load: PublishedLoad) -> None:
    key = load.probe()
    eventually(lambda: load.was_offered(key), within_s=RECOVERS_WITHIN_S, every_s=0.2)
