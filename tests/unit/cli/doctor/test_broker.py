"""What the doctor finds at the broker."""

from dataclasses import replace

import pytest

from muster.cli.doctor.checks import bindings as bound
from muster.cli.doctor.checks import broker, letters, permissions, topology
from muster.cli.doctor.finding import Level
from muster.contracts.catalogue import OWNERS
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.permissions import permissions as rights_of
from muster.messaging.questions import Depth, NotLetIn
from muster.settings import Settings
from tests.unit.cli.doctor.patients import (
    MUSTER,
    FakeBroker,
    bindings,
    healthy,
    levels,
    troubles,
    with_broker,
)

CHECKS = (broker.check, topology.check, bound.check, permissions.check, letters.check)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__module__.rpartition(".")[2])
def test_nothing_is_found_where_nothing_is_wrong(check: object) -> None:
    """And that is said, so that silence is never taken for health."""
    assert callable(check)
    assert levels(check(healthy())) == {Level.WELL}


def test_a_broker_that_is_away_is_one_finding_that_names_all_it_is_away_for() -> None:
    """Nobody reads the same sentence four times."""
    away = BrokerUnavailable("RabbitMQ at broker:5672 cannot be reached")
    [found] = troubles(broker.check(healthy(brokers=dict.fromkeys(OWNERS, away))))

    assert "cannot be reached (registry, matching, dispatch, notify)" in found.what
    assert "Start RabbitMQ" in found.todo


def test_a_broker_that_knows_the_service_not_is_told_from_one_that_is_away() -> None:
    """What there is to do is another thing."""
    refused = with_broker(FakeBroker("notify"))
    brokers = {**refused.brokers, "notify": NotLetIn("RabbitMQ at broker: ACCESS_REFUSED")}
    [found] = troubles(broker.check(replace(refused, brokers=brokers)))

    assert "does not let in" in found.what
    assert "(notify)" in found.what
    assert "broker-users" in found.todo


def test_where_no_broker_is_named_there_need_be_none() -> None:
    """The api has no business with it, and its container no address."""
    away = dict.fromkeys(OWNERS, BrokerUnavailable("nobody there"))
    patient = healthy(brokers=away, settings=Settings())

    assert levels(broker.check(patient)) == {Level.NOTE}


def test_a_missing_queue_is_named_with_who_makes_it() -> None:
    """And none is found missing besides."""
    patient = with_broker(FakeBroker("dispatch", missing=frozenset({"dispatch.requests"})))
    [found] = troubles(topology.check(patient))

    assert found.what == "The queue dispatch.requests is missing"
    assert "Restart a worker of dispatch" in found.todo


def test_a_missing_exchange_is_named() -> None:
    """By its name, as RabbitMQ's own tools show it."""
    patient = with_broker(FakeBroker("dispatch", missing=frozenset({"dispatch.events"})))
    [found] = troubles(topology.check(patient))

    assert found.what == "The exchange dispatch.events is missing"


def test_a_queue_with_other_arguments_is_told_with_what_the_broker_says() -> None:
    """It cannot be changed, so what to do is to make it anew."""
    said = "inequivalent arg 'x-delivery-limit': received '50' but current is '20'"
    patient = with_broker(FakeBroker("dispatch", otherwise={"dispatch.requests": said}))
    [found] = troubles(topology.check(patient))

    assert said in found.what
    assert "delete" in found.todo


def test_a_binding_that_is_missing_is_named() -> None:
    """Without it a service would wait for ever for what others say."""
    lost = ("matching.events", "dispatch.requests", "matching.request.confirmed.v1")
    assert lost in bindings()
    [found] = troubles(bound.check(healthy(bindings=lambda: bindings() - {lost})))

    assert "dispatch.requests is not bound to matching.events" in found.what


def test_bindings_that_nobody_here_can_tell_are_unknown_and_not_well() -> None:
    """What to look at instead is said."""
    [found] = bound.check(healthy(bindings=None))

    assert found.level is Level.UNKNOWN
    assert "--management-url" in found.todo


def test_a_right_that_was_revoked_is_found() -> None:
    """All that the service cannot do now is one finding."""
    without = replace(rights_of(MUSTER, "dispatch"), read="^$")
    [found] = troubles(permissions.check(with_broker(FakeBroker("dispatch", rights=without))))

    assert found.what.startswith("dispatch may not read the queue dispatch.")
    assert "broker-users" in found.todo


def test_a_right_beyond_its_own_is_found() -> None:
    """Whoever gets hold of notify would be matching, too."""
    without_limits = replace(rights_of(MUSTER, "notify"), read=".*", write=".*")
    [found] = troubles(permissions.check(with_broker(FakeBroker("notify", rights=without_limits))))

    assert "notify may publish into any queue at once" in found.what
    assert "must not" in found.what


def test_services_that_share_a_login_are_noted_once() -> None:
    """It is the owner's choice, and not found fault with at every look."""
    all_rights = replace(rights_of(MUSTER, "notify"), configure=".*", read=".*", write=".*")
    brokers = {service: FakeBroker(service, rights=all_rights) for service in OWNERS}
    patient = healthy(brokers=brokers, settings=Settings(amqp_url="amqp://all:pw@broker/%2F"))

    [found] = permissions.check(patient)
    assert found.level is Level.NOTE


def test_dead_letters_are_counted_and_the_command_to_look_at_them_is_named() -> None:
    """Ready to be typed."""
    waiting = FakeBroker("dispatch", depths={"dispatch.requests.dlq": Depth(3, 0)})
    [found] = troubles(letters.check(with_broker(waiting)))

    assert found.what == "3 dead letter(s) of dispatch.requests wait"
    assert "muster dead-letters list --queue dispatch.requests" in found.todo


def test_a_queue_from_which_nobody_takes_is_found_with_what_waits_in_it() -> None:
    """Its worker is away, or not ready."""
    forsaken = FakeBroker("dispatch", depths={"dispatch.requests": Depth(7, 0)})
    [found] = troubles(letters.check(with_broker(forsaken)))

    assert "Nobody takes from dispatch.requests; 7 message(s)" in found.what
