"""deploy/kubernetes/: who may talk to whom. The policies are read as a network plugin would."""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from tests.unit.kubernetes.manifests import APART, BASE, WORKLOADS, environment
from tests.unit.kubernetes.rendering import Resource, of_kind, one

WITHIN = "kubernetes.io/metadata.name"
AMQPS, ADMINISTRATION, POSTGRESQL, WEBHOOKS = 5671, 15671, 5432, 443
API, METRICS, BROKER_METRICS = 8480, 9480, 15691
AMONG_NODES = (4369, 25672, 35672, 35682)
EVERY_PORT = (*AMONG_NODES, AMQPS, ADMINISTRATION, POSTGRESQL, WEBHOOKS, API, METRICS, 5672, 15672)


@dataclass(frozen=True)
class Somebody:
    """A pod of this namespace or of another, or an address outside of all."""

    name: str
    labels: tuple[tuple[str, str], ...] = ()
    namespace: str = "muster"
    address: str | None = None


def of_workload(workload: Resource) -> Somebody:
    """The pods of a deployment or a job."""
    labels = workload["spec"]["template"]["metadata"]["labels"]
    return Somebody(labels["app.kubernetes.io/component"], tuple(labels.items()))


OURS = {who.name: who for who in map(of_workload, WORKLOADS)}
RABBITMQ = Somebody(
    "rabbitmq",
    (("app.kubernetes.io/name", "rabbitmq"), ("app.kubernetes.io/component", "rabbitmq")),
)
PODS = [*OURS.values(), RABBITMQ, Somebody("intruder", (("app", "intruder"),))]
INGRESS, SCALER, PROMETHEUS, STRANGER = (
    Somebody(name, namespace=name) for name in ("ingress-nginx", "keda", "monitoring", "other")
)
DATABASE = Somebody("postgresql", namespace="", address="192.0.2.10")


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether a selector of labels chooses these; an empty one chooses all."""
    wanted = selector.get("matchLabels", {}).items() <= labels.items()
    return wanted and all(
        labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", ())
    )


def is_peer(peer: dict[str, Any], who: Somebody) -> bool:
    """Whether somebody is meant by one entry of `from` or `to`."""
    if "ipBlock" in peer:
        if who.address is None:
            return False
        address = ip_address(who.address)
        return address in ip_network(peer["ipBlock"]["cidr"]) and not any(
            address in ip_network(block) for block in peer["ipBlock"].get("except", ())
        )
    if who.address is not None:
        return False
    if "namespaceSelector" in peer:
        in_namespace = selects(peer["namespaceSelector"], {WITHIN: who.namespace})
    else:
        in_namespace = who.namespace == "muster"
    return in_namespace and selects(peer.get("podSelector", {}), dict(who.labels))


def is_port(rule: dict[str, Any], port: int) -> bool:
    """Whether a rule is about a port; one that names none is about all."""
    return "ports" not in rule or any(
        each["protocol"] == "TCP" and each["port"] <= port <= each.get("endPort", each["port"])
        for each in rule["ports"]
    )


def allowed(
    direction: str, pod: Somebody, other: Somebody, port: int, resources: list[Resource]
) -> bool:
    """Whether one end allows it: no policy that chooses the pod for this direction, or one rule."""
    if pod.namespace != "muster":
        return True  # not ours to say
    about = [
        policy
        for policy in (each["spec"] for each in of_kind(resources, "NetworkPolicy"))
        if direction in policy["policyTypes"] and selects(policy["podSelector"], dict(pod.labels))
    ]
    if not about:
        return True
    end = "from" if direction == "Ingress" else "to"
    return any(
        is_port(rule, port) and any(is_peer(peer, other) for peer in rule.get(end, [{}]))
        for policy in about
        for rule in policy.get(direction.lower(), ())
    )


def may_talk(who: Somebody, to: Somebody, port: int, resources: list[Resource] = BASE) -> bool:
    """Whether both ends allow it."""
    leaves = allowed("Egress", who, to, port, resources)
    return leaves and allowed("Ingress", to, who, port, resources)


def reached(who: Somebody, port: int) -> set[str]:
    """Which pods of ours somebody reaches at a port."""
    return {to.name for to in PODS if may_talk(who, to, port)}


@pytest.mark.parametrize("name", OURS)
def test_who_has_an_address_may_go_there_and_nobody_else(name: str) -> None:
    """The policies follow from the settings."""
    [workload] = [each for each in WORKLOADS if of_workload(each).name == name]
    told = environment(workload)
    administers = "BROKER_API" in told

    assert may_talk(OURS[name], DATABASE, POSTGRESQL) == ("MUSTER_DATABASE_URL" in told)
    assert may_talk(OURS[name], RABBITMQ, ADMINISTRATION) == administers
    assert may_talk(OURS[name], RABBITMQ, AMQPS) == (
        "MUSTER_AMQP_URL" in told and not administers  # the job only reads logins out of it
    )


def test_the_processes_of_muster_do_not_talk_to_each_other() -> None:
    """All they have to say goes through RabbitMQ and PostgreSQL."""
    for who in OURS.values():
        for to in OURS.values():
            assert not [port for port in EVERY_PORT if may_talk(who, to, port)]


def test_only_the_ingress_and_prometheus_come_in_from_elsewhere() -> None:
    """And each only where it has business; the scaler asks RabbitMQ and nobody else."""
    assert reached(INGRESS, API) == {"api"}
    assert reached(PROMETHEUS, METRICS) >= {"worker", "relay"}
    assert reached(PROMETHEUS, API) >= {"api"}
    assert reached(PROMETHEUS, BROKER_METRICS) == {"rabbitmq"}
    assert reached(SCALER, AMQPS) == {"rabbitmq"}
    for port in EVERY_PORT:
        assert not reached(STRANGER, port)
        assert port == API or not reached(INGRESS, port)
        assert port == AMQPS or not reached(SCALER, port)


def test_only_prometheus_reads_metrics() -> None:
    """A worker or a relay answers nobody else at all."""
    for who in (INGRESS, SCALER, STRANGER, *PODS):
        assert not reached(who, METRICS)
        assert not reached(who, BROKER_METRICS)


def test_the_nodes_of_rabbitmq_reach_each_other_and_nobody_reaches_their_inner_ports() -> None:
    """Whoever reaches Erlang's ports and has the cookie may do anything."""
    for port in AMONG_NODES:
        assert reached(RABBITMQ, port) == {"rabbitmq"}
        for who in (*OURS.values(), INGRESS, SCALER, PROMETHEUS, STRANGER):
            assert not may_talk(who, RABBITMQ, port)


def test_a_pod_that_no_policy_knows_reaches_nothing() -> None:
    """Whatever else is started in the namespace."""
    intruder = PODS[-1]
    for port in EVERY_PORT:
        assert not reached(intruder, port)
        assert not may_talk(intruder, DATABASE, port)


@pytest.mark.parametrize(
    "near",
    ["10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "127.0.0.1",
     "fd00::1", "fe80::1", "::1"],
)  # fmt: skip
def test_webhooks_reach_the_world_and_nothing_near(near: str) -> None:
    """Not even if the check of addresses in notify were passed by."""
    world = [Somebody("far", namespace="", address=a) for a in ("93.184.216.34", "2606:4700::1")]

    assert all(may_talk(OURS["worker"], far, WEBHOOKS) for far in world)
    assert not may_talk(OURS["worker"], Somebody("near", namespace="", address=near), WEBHOOKS)
    for name in OURS.keys() - {"worker"}:
        assert not any(may_talk(OURS[name], far, WEBHOOKS) for far in world)


def test_workers_of_one_service_go_where_workers_go_but_not_into_the_world() -> None:
    """Only notify tells people, and its workers are the others."""
    matchings = of_workload(one(APART, "Deployment", "muster-worker-matching"))
    far = Somebody("far", namespace="", address="93.184.216.34")
    database = Somebody("postgresql", namespace="", address="198.51.100.5")

    for who in (matchings, OURS["worker"]):
        assert may_talk(who, database, POSTGRESQL, APART)
        assert may_talk(who, RABBITMQ, AMQPS, APART)
        assert may_talk(PROMETHEUS, who, METRICS, APART)
        assert may_talk(who, far, WEBHOOKS, APART) == (who is not matchings)
        assert not may_talk(who, RABBITMQ, ADMINISTRATION, APART)
