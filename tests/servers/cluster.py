"""Three RabbitMQ nodes that form one cluster, with names, ports and a secret of their own."""

import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from muster.cli.amqp_probe import speaks_amqp
from muster.cli.files import private_directory, write_private
from muster.cli.node import PASSWORD_FILE, Node, NoRabbitMQ, prepare_node
from muster.cli.ports import is_open
from muster.cli.supervise import Program, Supervisor
from tests.servers.killing import kill_and_keep_down
from tests.servers.session import missing
from tests.waiting import eventually

NAMES = ("one", "two", "three")
EPMD = "epmd"
FIRST_ALONE = "cluster_formation.discovery_retry_limit = 1\n"  # ten times half a second otherwise
DEPLOYED = Path(__file__).parents[2] / "deploy" / "rabbitmq" / "cluster.conf"


@dataclass(frozen=True)
class RabbitCluster:
    """A running cluster, ours alone; a node is meant by its short name."""

    nodes: dict[str, Node]
    supervisor: Supervisor

    @property
    def amqp_url(self) -> str:
        """Return the addresses of all nodes, in the order of their names."""
        return self.addresses(NAMES)

    def addresses(self, names: Sequence[str]) -> str:
        """Return the addresses of these nodes, to be tried in this order."""
        return ",".join(self.nodes[name].amqp_url for name in names)

    def kill(self, name: str) -> None:
        """End a node as a power cut would, and keep it down."""
        kill_and_keep_down(self.supervisor, name)

    def launch(self, name: str) -> None:
        """Begin to start a node, and return at once."""
        self.supervisor.start(name)

    def start(self, name: str) -> None:
        """Start a node and return once it takes connections."""
        self.launch(name)
        eventually(lambda: self.answers(name), within_s=120, every_s=0.2)

    def erase(self, name: str) -> None:
        """Take the data of a node that is down: what is started next is a new one."""
        shutil.rmtree(self.nodes[name].directory / "data")

    def answers(self, name: str) -> bool:
        """Tell whether a node takes connections."""
        return speaks_amqp("127.0.0.1", self.nodes[name].ports["amqp"])

    def any_answering(self) -> Node:
        """Return a node that takes connections."""
        return next(self.nodes[name] for name in NAMES if self.answers(name))

    def running(self) -> set[str]:
        """Return the names of the nodes that have joined and run."""
        listed = self.any_answering().control(
            "eval", "string:join([atom_to_list(N) || N <- rabbit_nodes:all_running()], [32])."
        )
        return {name for name, node in self.nodes.items() if node.name in listed}


@contextmanager
def rabbit_cluster(directory: Path) -> Iterator[RabbitCluster]:
    """Start three nodes, hand them over as one cluster, and end them."""
    cluster = _prepared(directory)
    programs = [_epmd(cluster), *(_server(name, node) for name, node in cluster.nodes.items())]
    try:
        cluster.supervisor.start_daemon(programs, os.environ)
        cluster.supervisor.start(EPMD)
        port = cluster.nodes[NAMES[0]].ports[EPMD]
        eventually(lambda: is_open(port), within_s=10)
        cluster.start(NAMES[0])  # alone, for the others to find
        for name in NAMES[1:]:
            cluster.launch(name)
        eventually(lambda: cluster.running() == set(NAMES), within_s=120, every_s=0.5)
        yield cluster
    finally:
        cluster.supervisor.shut_down()


def _prepared(directory: Path) -> RabbitCluster:
    cookie, password = secrets.token_hex(20), secrets.token_hex(16)
    nodes: dict[str, Node] = {}
    for name in NAMES:
        home = private_directory(directory / name)
        write_private(home / ".erlang.cookie", cookie)
        (home / ".erlang.cookie").chmod(0o400)
        write_private(home / PASSWORD_FILE, password)
        try:
            node = prepare_node(home, with_metrics=False)
        except NoRabbitMQ:
            missing("RabbitMQ", "rabbitmq-server")
        shared = next(iter(nodes.values()), node).ports[EPMD]
        nodes[name] = replace(node, ports=node.ports | {EPMD: shared})
    for node in nodes.values():
        configuration = node.directory / "rabbitmq.conf"
        own = configuration.read_text(encoding="utf-8") + FIRST_ALONE
        write_private(configuration, own + _formation(own, list(nodes.values())))
    return RabbitCluster(nodes, Supervisor(directory))


def _formation(configuration: str, nodes: Sequence[Node]) -> str:
    """Return the cluster's part of the configuration: the one we deploy, with these nodes' names.

    What a private node sets differently, for it shares a machine with others, stays as it is.
    """
    deployed = DEPLOYED.read_text(encoding="utf-8")
    for number, node in enumerate(nodes, start=1):
        deployed = deployed.replace(f"rabbit@rabbit-{number}", node.name)
    own = {_key(line) for line in configuration.splitlines()}
    limits = {key.rpartition(".")[0] for key in own if key.endswith((".relative", ".absolute"))}
    lines = [
        line
        for line in deployed.splitlines()
        if line and not line.startswith("#")
        if _key(line) not in own and _key(line).rpartition(".")[0] not in limits
    ]
    return "\n".join(lines) + "\n"


def _key(line: str) -> str:
    return line.partition("=")[0].strip()


def _epmd(cluster: RabbitCluster) -> Program:
    return cluster.nodes[NAMES[0]].programs()[0]


def _server(name: str, node: Node) -> Program:
    return replace(node.programs()[1], name=name)
