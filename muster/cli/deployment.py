"""What one `muster up` runs: which programs, with which settings, at which addresses."""

import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from muster.cli.errors import CannotRun
from muster.cli.files import DEFAULT_DIRECTORY, private_directory, read_json, write_private_json
from muster.cli.node import Node, load_node, prepare_node
from muster.cli.ports import remembered_ports
from muster.cli.supervise import Program
from muster.settings import Settings

API, WORKER, RELAY = PROCESSES = ("api", "worker", "relay")
API_PORT = 8480  # or the next that is free
FILE = "deployment.json"


def kind_of(process: str) -> str:
    """Return which of PROCESSES one is by its name: a second worker is `worker-2`."""
    return process.partition("-")[0]


@dataclass(frozen=True)
class Options:
    """What the user may choose; None leaves the choice to us."""

    directory: Path = DEFAULT_DIRECTORY
    database_url: str | None = None  # with {service} to fill in
    amqp_url: str | None = None  # of a broker of the user's own: then we run none
    environment: Mapping[str, str] = field(default_factory=dict)  # more MUSTER_… settings
    workers: int | None = None  # how many share the work; one


@dataclass(frozen=True)
class Deployment:
    """One Muster on this machine, running or not."""

    directory: Path
    ports: dict[str, int]
    database_url: str
    amqp_url: str
    node: Node | None
    amqp_password_file: str | None = None  # of each service, at our own node
    workers: int = 1

    @property
    def processes(self) -> tuple[str, ...]:
        """Return the name of every process that is Muster's own."""
        return _names(self.workers)

    @property
    def api_url(self) -> str:
        """Return the base address of the public API."""
        return self.address(API)

    def address(self, process: str) -> str:
        """Return where a process answers HTTP."""
        return f"http://127.0.0.1:{self.ports[process]}"

    def readiness_of(self, process: str) -> str:
        """Return where a process says whether it is ready."""
        return f"{self.address(process)}/readyz"

    def metrics_of(self, process: str) -> str:
        """Return where Prometheus reads a process's metrics."""
        return f"{self.address(process)}/metrics"

    def programs(self) -> list[Program]:
        """Return what the supervisor runs; what others need comes first."""
        broker = self.node.programs() if self.node else []
        return broker + [
            Program(
                name,
                (sys.executable, "-m", "muster", kind_of(name)),
                {"MUSTER_HTTP_PORT" if name == API else "MUSTER_METRICS_PORT": str(port)},
            )
            for name, port in ((name, self.ports[name]) for name in self.processes)
        ]

    def settings(self) -> Settings:
        """Return the platform's settings in this deployment: the environment's, and ours on top."""
        return Settings(**self._chosen())

    def _chosen(self) -> dict[str, Any]:
        keys = self.directory / "keys"
        return {
            "amqp_url": self.amqp_url,
            **({"amqp_password_file": self.amqp_password_file} if self.node else {}),
            "database_url": self.database_url,
            "http_host": "127.0.0.1",
            "token_private_key_file": keys / "token.pem",
            "token_public_key_file": keys / "token.pub.pem",
        }

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """Return what all programs inherit: ours, the settings, and these."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("RABBITMQ_", "ERL_"))  # they could divert our node
        }
        settings = {f"MUSTER_{name.upper()}": str(v) for name, v in self._chosen().items()}
        return inherited | {"PYTHONUNBUFFERED": "1"} | settings | dict(more)


def prepare(options: Options) -> Deployment:
    """Choose and keep what is still open, for a Muster that does not run yet.

    Raises NoRabbitMQ or NoFreePort.
    """
    directory = private_directory(options.directory)
    data = private_directory(directory / "data")
    node = None if options.amqp_url else prepare_node(directory / "rabbitmq")
    workers = options.workers or 1
    deployment = Deployment(
        directory=directory,
        ports=remembered_ports(directory / "ports.json", _names(workers), {API: API_PORT}),
        database_url=options.database_url or f"sqlite:///{data}/{{service}}.db",
        amqp_url=options.amqp_url or _address_of(node),
        node=node,
        amqp_password_file=str(directory / "passwords" / "amqp_{service}") if node else None,
        workers=workers,
    )
    known = asdict(deployment) | {"directory": str(directory), "node": node is not None}
    write_private_json(directory / FILE, known)
    return deployment


def load(directory: Path) -> Deployment:
    """Return what was prepared in this directory. Raises CannotRun if nothing was."""
    known = read_json(directory / FILE)
    if known is None:
        raise CannotRun(f"There is no Muster in {directory}: start one with `muster up`.")
    home = Path(known.pop("directory"))
    node = load_node(home / "rabbitmq") if known.pop("node") else None
    return Deployment(directory=home, node=node, **known)


def _names(workers: int) -> tuple[str, ...]:
    return (API, WORKER, *(f"{WORKER}-{n}" for n in range(2, workers + 1)), RELAY)


def _address_of(node: Node | None) -> str:
    assert node is not None
    return f"amqp://muster_{{service}}:{{password}}@127.0.0.1:{node.ports['amqp']}/%2F"
