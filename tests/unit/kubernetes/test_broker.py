"""deploy/kubernetes/: RabbitMQ's nodes, and the scaling of workers by its queues."""

import re
from typing import Any
from urllib.parse import urlsplit

import yaml

from muster.cli.bootstrap import topology
from muster.messaging.connection import nodes_of
from tests.unit.kubernetes.manifests import BASE, TOP, deployment, environment
from tests.unit.kubernetes.rendering import one

CLUSTER = one(BASE, "RabbitmqCluster", "rabbitmq")["spec"]
SCALING = one(BASE, "ScaledObject", "muster-worker")["spec"]
COMPOSE: dict[str, Any] = yaml.safe_load((TOP / "docker-compose.yml").read_text())
GIGABYTE = 10**9


def settings_in(text: str) -> dict[str, str]:
    """The lines of a file of RabbitMQ's settings."""
    return dict(re.findall(r"^(\S+) = (.+)$", text, re.MULTILINE))


def test_workers_are_scaled_by_every_queue_they_take_from_and_no_other() -> None:
    """A queue that nobody counts may grow without anybody coming to help."""
    counted = [trigger["metadata"]["queueName"] for trigger in SCALING["triggers"]]

    assert sorted(counted) == sorted(each.queue for each in topology().subscriptions)


def test_the_scaler_asks_the_cluster_over_tls_as_somebody_without_rights() -> None:
    """At the Service's name; login and authority come from secrets."""
    auth = one(BASE, "TriggerAuthentication", "muster-scaler")["spec"]["secretTargetRef"]
    for trigger in SCALING["triggers"]:
        host = urlsplit(trigger["metadata"]["host"])
        assert (host.scheme, host.hostname, host.port) == ("amqps", "rabbitmq.muster.svc", 5671)
        assert host.username is None
        assert trigger["authenticationRef"] == {"name": "muster-scaler"}
    assert {each["parameter"]: each["name"] for each in auth} == {
        "username": "muster-scaler",
        "password": "muster-scaler",
        "tls": "muster-scaler",
        "ca": "muster-ca",
    }


def test_the_cluster_has_three_nodes_and_everybody_knows_their_addresses() -> None:
    """Processes go on to the next node by themselves, as decision 23 says."""
    assert CLUSTER["replicas"] == 3
    for process in ("worker", "relay"):
        addresses = environment(deployment(process))["MUSTER_AMQP_URL"]
        # Its certificates are where only the container sees them.
        readable = addresses.replace("?cacertfile=/run/secrets/ca.pem", "")
        hosts = [node.host for node in nodes_of(readable, "test")]
        assert hosts == [
            f"rabbitmq-server-{n}.rabbitmq-nodes.muster.svc" for n in range(CLUSTER["replicas"])
        ]


def test_a_node_is_set_up_as_on_hosts_of_ones_own() -> None:
    """What deploy/rabbitmq/ says and the cluster operator does not say by itself."""
    ours = settings_in(CLUSTER["rabbitmq"]["additionalConfig"])
    elsewhere = settings_in(
        "".join((TOP / "deploy" / "rabbitmq" / f).read_text() for f in ("cluster.conf", "tls.conf"))
    )
    by_the_operator = re.compile(
        r"cluster_formation\.|listeners\.|ssl_options\.(ca)?(certfile|keyfile)"
    )
    by_itself = {name for name in elsewhere if by_the_operator.match(name)}
    # The operator says how much absolutely, and that has the last word.
    del elsewhere["disk_free_limit.relative"]

    assert {name: elsewhere[name] for name in elsewhere.keys() - by_itself}.items() <= ours.items()


def test_a_node_keeps_more_disk_free_than_it_has_memory() -> None:
    """Half as much again, as deploy/rabbitmq/cluster.conf has it."""
    free = settings_in(CLUSTER["rabbitmq"]["additionalConfig"])["disk_free_limit.absolute"]
    memory = CLUSTER["resources"]["limits"]["memory"]

    assert CLUSTER["resources"]["requests"]["memory"] == memory
    assert int(free.removesuffix("GB")) * GIGABYTE >= 1.5 * int(memory.removesuffix("Gi")) * 2**30


def test_the_version_is_the_one_of_the_containers() -> None:
    """Nobody tests another."""
    composed = COMPOSE["services"]["rabbitmq"]["image"].removesuffix("-management")

    assert CLUSTER["image"].removesuffix("-management") == composed


def test_a_node_takes_connections_over_tls_only() -> None:
    """With the certificate of a secret."""
    assert CLUSTER["tls"] == {"secretName": "rabbitmq-tls", "disableNonTLSListeners": True}


def test_the_nodes_of_the_cluster_never_share_a_host() -> None:
    """Two of three would take the majority with them."""
    pod = CLUSTER["override"]["statefulSet"]["spec"]["template"]["spec"]
    hosts = [
        each["whenUnsatisfiable"]
        for each in pod["topologySpreadConstraints"]
        if each["topologyKey"] == "kubernetes.io/hostname"
    ]
    budget = one(BASE, "PodDisruptionBudget", "rabbitmq")["spec"]

    assert hosts == ["DoNotSchedule"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"]["matchLabels"] == {"app.kubernetes.io/name": "rabbitmq"}
