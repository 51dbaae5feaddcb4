"""Three RabbitMQ nodes: any of them may die, and with two dead nothing is lost either."""

from time import monotonic

import httpx
import pytest

from muster.cli.bootstrap import topology
from muster.cli.node import Node
from muster.messaging.blueprint import queues
from tests.cluster.conftest import Stage
from tests.servers.cluster import NAMES, RabbitCluster
from tests.waiting import eventually

pytestmark = [
    pytest.mark.faults,
    pytest.mark.broker,
    pytest.mark.postgres,
    pytest.mark.timeout(900),
]

QUEUES = "rabbitmq-queues"


def test_every_queue_has_a_copy_on_each_node(stage: Stage) -> None:
    """Nobody has to ask for it, and no node leads them all."""
    copies = copies_of_queues(stage.cluster.nodes["one"])

    assert set(copies) >= {queue.name for queue in queues(topology())}
    everywhere = {node.name for node in stage.cluster.nodes.values()}
    assert all(set(members) == everywhere for members, _ in copies.values())
    assert {leader for _, leader in copies.values()} == everywhere


def test_nothing_is_lost_when_one_node_after_the_other_dies(stage: Stage) -> None:
    """First one that the clients are not connected to, then the one they are."""
    cluster = stage.cluster
    with stage.load.running():
        for name, which in (("three", "another node"), ("one", "the clients' node")):
            killed = monotonic()
            cluster.kill(name)
            stage.recovers(f"{which} killed", killed)
            started = monotonic()
            cluster.start(name)
            complete(cluster)
            stage.took(f"{which} started again, all copies complete", started)
    stage.nothing_is_lost()


def test_a_node_whose_disk_is_gone_is_replaced(stage: Stage) -> None:
    """As the how-to says: forgotten, started empty, given its copies while the others serve."""
    cluster = stage.cluster
    with stage.load.running():
        cluster.kill("two")
        cluster.erase("two")
        started = monotonic()
        cluster.nodes["one"].control("forget_cluster_node", cluster.nodes["two"].name)
        cluster.start("two")
        eventually(lambda: cluster.running() == set(NAMES), within_s=60, every_s=0.5)
        cluster.nodes["one"].control("grow", cluster.nodes["two"].name, "all", tool=QUEUES)
        complete(cluster)
        stage.took("a node replaced by an empty one, all copies complete", started)
    stage.nothing_is_lost()


def test_with_two_nodes_down_requests_are_accepted_and_wait(stage: Stage) -> None:
    """The one that is left confirms nothing; events stay in the outbox until another is back."""
    cluster, load = stage.cluster, stage.load
    with load.running():
        cluster.kill("two")
        cluster.kill("three")
        eventually(lambda: not relay_is_ready(stage), within_s=30)
        key = load.probe()
        eventually(lambda: load.was_acknowledged(key), within_s=10)
        launched = monotonic()
        cluster.launch("three")
        assert not load.was_offered(key)
        stage.recovers("two nodes killed: from the start of one of them", launched)
        cluster.start("two")
        complete(cluster)
    stage.nothing_is_lost()


def relay_is_ready(stage: Stage) -> bool:
    """Tell whether the relay says that it can do its work."""
    relay = next(each for each in stage.running.processes if each.name == "relay")
    return httpx.get(relay.metrics.replace("/metrics", "/readyz"), timeout=10).is_success


def copies_of_queues(node: Node) -> dict[str, tuple[list[str], str]]:
    """Return the nodes that have a running copy of each queue, and the one that leads."""
    listed = node.control("list_queues", "--silent", "name", "online", "leader")
    rows = (line.split("\t") for line in listed.splitlines())
    return {name: (online.strip("[]").split(", "), leader) for name, online, leader in rows}


def complete(cluster: RabbitCluster) -> None:
    """Wait until every queue has a copy on each node that runs."""

    def all_copies() -> bool:
        if cluster.running() != set(NAMES):
            return False
        copies = copies_of_queues(cluster.any_answering())
        return all(len(online) == len(NAMES) for online, _ in copies.values())

    eventually(all_copies, within_s=90, every_s=0.5)
