"""What breaks is told, and told to be over once it is mended.

A real Prometheus watches a real Muster, by the rules as they are but in a hurry (hurry.py). Faults
that take days, or a cluster, are played by `promtool test rules` alone: BrokerMajorityLost,
BrokerDiskFilling, DeadLettersNearlyTooOld, VersionsMixed, ProcessRestarting, DatabasePoolExhausted,
BrokerUnreachable, AuthorisationExpiring, RequestsNotTakenUp, TimersLate, WorkAborted.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pika
import pytest

from tests.e2e.actors import NEEDS, Client, a_request, clear_reviews, join, publish_all_kinds
from tests.prometheus.conftest import Watched
from tests.prometheus.watching import LATER, SOON, is_over, is_told, stopped
from tests.servers.prometheus import Alertmanager, Prometheus
from tests.waiting import eventually

pytestmark = [
    pytest.mark.broker,
    pytest.mark.postgres,
    pytest.mark.faults,
    pytest.mark.timeout(600),
]

QUEUE = "matching.sourcing"


def test_a_relay_that_is_gone(watched: Watched, prometheus: Prometheus) -> None:
    """It is missed by name."""
    with stopped(watched, "relay"):
        is_told(prometheus, "RelayDown", "ProcessDown")
        assert {each.labels["process"] for each in prometheus.firing("ProcessDown")} == {"relay"}
    is_over(prometheus, "RelayDown", "ProcessDown")


def test_an_api_that_is_gone(watched: Watched, prometheus: Prometheus) -> None:
    """It is missed by name."""
    with stopped(watched, "api"):
        is_told(prometheus, "ApiDown")
    is_over(prometheus, "ApiDown", "ProcessDown")


def test_a_worker_that_is_gone_and_messages_nobody_can_read(
    watched: Watched, prometheus: Prometheus, alertmanager: Alertmanager
) -> None:
    """Queues without consumers grow; what is rubbish in them is put aside when it is back."""
    follows = ("NoConsumers", "QueueGrowing", "MeasuringStopped")
    with _channel(watched) as channel:
        rubbish = _rubbish(channel)
        with stopped(watched, "worker"):
            is_told(prometheus, "WorkersDown", *follows, meanwhile=rubbish)
            assert QUEUE in {each.labels["queue"] for each in prometheus.firing("NoConsumers")}
            eventually(lambda: "WorkersDown" in alertmanager.told(), within_s=SOON)
            eventually(lambda: set(follows) <= alertmanager.unsaid(), within_s=SOON)
        is_told(prometheus, "DeadLetters", "MessagesNotHandled", meanwhile=rubbish)
    is_over(prometheus, "WorkersDown", *follows)
    _discard_all(watched)
    is_over(prometheus, "DeadLetters", "MessagesNotHandled")


def test_a_broker_that_is_gone(
    watched: Watched, prometheus: Prometheus, alertmanager: Alertmanager
) -> None:
    """It is one message to people: what waits because of it is left unsaid."""
    with stopped(watched, "rabbitmq"):
        _apply(watched.operator, "waiting")
        is_told(prometheus, "BrokerDown", "BrokerNodeDown", "OutboxStuck")
        eventually(lambda: "BrokerDown" in alertmanager.told(), within_s=SOON)
        unsaid = {"BrokerNodeDown", "OutboxStuck"}
        eventually(lambda: unsaid <= alertmanager.unsaid(), within_s=SOON)
    is_over(prometheus, "BrokerDown", "BrokerNodeDown", "OutboxStuck")


def test_a_broker_without_memory_or_disk(watched: Watched, prometheus: Prometheus) -> None:
    """Its alarms are ours."""
    control = watched.node.control
    try:
        control("set_vm_memory_high_watermark", "absolute", "1MB")
        control("set_disk_free_limit", "1000000GB")
        is_told(prometheus, "BrokerMemoryAlarm", "BrokerDiskAlarm")
    finally:
        control("set_vm_memory_high_watermark", "0.25")
        control("set_disk_free_limit", "64MB")
    is_over(prometheus, "BrokerMemoryAlarm", "BrokerDiskAlarm")


def test_a_database_that_is_gone(watched: Watched, prometheus: Prometheus) -> None:
    """Each service says so, and what the API answers meanwhile counts as its errors."""

    def ask() -> None:
        watched.operator._http.get("/v1/organisations")

    watched.database.stop_all(["postgres"])
    try:
        is_told(prometheus, "DatabaseUnreachable", "ApiErrors", meanwhile=ask)
        told = {each.labels["service"] for each in prometheus.firing("DatabaseUnreachable")}
        assert told == {"registry", "matching", "dispatch", "notify"}
    finally:
        watched.database.start("postgres")
    is_over(prometheus, "DatabaseUnreachable", "ApiErrors", meanwhile=ask)


def test_an_alertmanager_that_is_gone(prometheus: Prometheus, alertmanager: Alertmanager) -> None:
    """That nobody would be paged is told to whoever looks."""
    alertmanager.supervisor.stop_all(["alertmanager"])
    try:
        is_told(prometheus, "AlertsUndelivered")
    finally:
        alertmanager.supervisor.start("alertmanager")
    is_over(prometheus, "AlertsUndelivered")


def test_an_emergency_that_nobody_can_serve(watched: Watched, prometheus: Prometheus) -> None:
    """It is given up, and that is a page; so is the promise of an offer that was not kept."""
    enterprise = join(watched.operator, watched.directory, "enterprise", "mill", host="SG")
    try:

        def ask() -> None:
            enterprise.post("/v1/requests", a_request(needs=NEEDS[1:2], urgency="emergency"))

        is_told(prometheus, "EmergencyUnfilled", "FirstOffersLate", meanwhile=ask)
        is_over(prometheus, "EmergencyUnfilled", "FirstOffersLate")
    finally:
        enterprise.close()


def test_mails_that_do_not_go_out(watched: Watched, prometheus: Prometheus) -> None:
    """Nobody listens where the mail server should be."""
    _apply(watched.operator, "unheard")
    numbers = iter(range(1000))
    is_told(
        prometheus,
        "NotificationsFailing",
        meanwhile=lambda: _apply(watched.operator, f"unheard-{next(numbers)}"),
    )
    is_over(prometheus, "NotificationsFailing")


def test_a_team_that_is_silent_and_one_in_danger(watched: Watched, prometheus: Prometheus) -> None:
    """A review that waits, then work without a check-in, then an SOS; each while it lasts."""
    enterprise = join(watched.operator, watched.directory, "enterprise", "port", host="SG")
    provider = join(watched.operator, watched.directory, "provider", "shield")
    try:
        publish_all_kinds(provider)
        _is_known(prometheus)
        terms = {"auto_approve": True, "check_in_interval_seconds": 10}
        body = a_request(needs=NEEDS[:1], terms=terms)
        request = enterprise.post("/v1/requests", body)
        is_told(prometheus, "ReviewsOld")
        assert clear_reviews(watched.operator)
        is_over(prometheus, "ReviewsOld")
        job = _job(provider, request["request_id"])
        for step in ("acknowledged", "mobilising", "en_route", "on_scene", "in_service"):
            provider.post(f"/v1/jobs/{job}/status", {"status": step})
        is_told(prometheus, "CheckInOverdue")
        assert {each.labels["country"] for each in prometheus.firing("CheckInOverdue")} == {"KH"}
        incident = provider.post(f"/v1/jobs/{job}/incidents", {"sos": True, "summary": "help"})
        is_told(prometheus, "SevereIncidentOpen")
        for step in ("triaged", "active", "resolved"):
            path = f"/v1/incidents/{incident['incident_id']}/status"
            watched.operator.post(path, {"status": step, "reason": "in hand"})
        for step in ("released", "completed"):
            provider.post(f"/v1/jobs/{job}/status", {"status": step})
        is_over(prometheus, "CheckInOverdue", "SevereIncidentOpen")
    finally:
        enterprise.close()
        provider.close()


def _is_known(prometheus: Prometheus) -> None:
    asked = 'max(muster_capacity_units{kind="guards",country="KH",state="offered"})'
    eventually(lambda: [each.value for each in prometheus.query(asked)] == [4], within_s=SOON)


def _job(provider: Client, request_id: str) -> str:
    """Accept what is offered until there is a job; return its id."""

    def found() -> str:
        for offer in provider.items(f"/v1/offers?request_id={request_id}&status=sent"):
            provider.post(f"/v1/offers/{offer['offer_id']}/accept", {})
        jobs = provider.items(f"/v1/jobs?request_id={request_id}")
        return str(jobs[0]["job_id"]) if jobs else ""

    return eventually(found, within_s=SOON, every_s=0.5)


def _apply(operator: Client, name: str) -> None:
    now = datetime.now(UTC).timestamp()
    operator.post(
        "/v1/organisations",
        {
            "name": f"{name} {now}",
            "home_country": "KH",
            "roles": ["enterprise"],
            "operations_email": f"ops@{name}.example",
            "emergency_email": f"sos@{name}.example",
            "registration_number": f"R-{now}",
        },
    )


@contextmanager
def _channel(watched: Watched) -> Iterator[pika.adapters.blocking_connection.BlockingChannel]:
    connection = pika.BlockingConnection(pika.URLParameters(watched.node.amqp_url))
    try:
        yield connection.channel()
    finally:
        connection.close()


def _rubbish(channel: pika.adapters.blocking_connection.BlockingChannel) -> Callable[[], object]:
    return lambda: channel.basic_publish("", QUEUE, b"no event at all")


def _discard_all(watched: Watched) -> None:
    """Throw the dead letters away as an operator does."""
    where = ["--directory", str(watched.directory)]
    muster = [sys.executable, "-m", "muster", "dead-letters"]

    def letters() -> list[str]:
        listed = subprocess.run(
            [*muster, "list", "--json", "--limit", "1000", *where],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        return _ids(listed.stdout)

    def gone() -> bool:
        if found := letters():
            subprocess.run(
                [*muster, "discard", *found, "--reason", "a test", "--yes", *where],
                check=True, capture_output=True,
            )  # fmt: skip
        return not found

    eventually(gone, within_s=LATER)


def _ids(text: str) -> list[str]:
    return [each["message_id"] for each in json.loads(text)["letters"]]
