"""A private RabbitMQ node: its own user, data, ports and cookie, apart from any other broker."""

import hashlib
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from muster.cli.errors import CannotRun
from muster.cli.files import private_directory, read_json, write_private
from muster.cli.ports import remembered_ports
from muster.cli.supervise import Program

USER = "muster"
PASSWORD_FILE = "password"  # noqa: S105 - the name of a file
PORTS_FILE = "ports.json"
PORT_NAMES = ("amqp", "prometheus", "distribution", "epmd")
SCRIPT_PLACES = (
    "/usr/lib/rabbitmq/bin",
    "/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin",
    "/opt/rabbitmq/sbin",
    "/opt/homebrew/opt/rabbitmq/sbin",
    "/usr/local/opt/rabbitmq/sbin",
)
# The scripts exec Erlang itself, so the supervisor sees, signals and restarts the broker's own pid.
EXEC_ERLANG = {"RUNNING_UNDER_SYSTEMD": "true"}
ERLANG_ARGUMENTS = "+S 2:2 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}"


class NoRabbitMQ(CannotRun):
    """RabbitMQ is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "RabbitMQ is not installed: run `make setup`, or `apt-get install rabbitmq-server`, "
            "or name a broker of your own with --amqp-url."
        )


def find_scripts(places: Iterable[str] = SCRIPT_PLACES) -> Path:
    """Return the directory of RabbitMQ's own scripts.

    Not /usr/sbin: Debian's wrappers there insist on root and on the system's one node.
    Raises NoRabbitMQ.
    """
    for place in places:
        for directory in sorted(Path("/").glob(place.lstrip("/")), reverse=True):
            if (directory / "rabbitmq-server").is_file():
                return directory
    raise NoRabbitMQ


@dataclass(frozen=True)
class Node:
    """One node and everything that is its own, under one directory."""

    directory: Path
    scripts: Path
    ports: dict[str, int]
    password: str
    with_metrics: bool = True  # the plugin holds up every stop of the node for five seconds

    @property
    def metrics_url(self) -> str:
        """Return where Prometheus reads the broker's metrics."""
        return f"http://127.0.0.1:{self.ports['prometheus']}/metrics"

    @property
    def amqp_url(self) -> str:
        """Return the address clients use; it holds the password."""
        password = quote(self.password, safe="")
        return f"amqp://{USER}:{password}@127.0.0.1:{self.ports['amqp']}/%2F"

    @property
    def name(self) -> str:
        """Return the node's name, unique to its directory."""
        digest = hashlib.sha256(str(self.directory).encode()).hexdigest()
        return f"muster-{digest[:10]}@localhost"

    def programs(self) -> list[Program]:
        """Return what a supervisor has to run, in this order."""
        port = str(self.ports["epmd"])
        epmd = shutil.which("epmd") or "epmd"
        return [
            # Erlang's name server, ours alone: a daemon that others share is never touched.
            Program("epmd", (epmd, "-port", port, "-address", "127.0.0.1"), self.environment()),
            Program("rabbitmq", (str(self.scripts / "rabbitmq-server"),), self.environment()),
        ]

    def environment(self) -> dict[str, str]:
        """Return the variables that tie RabbitMQ's scripts to this node."""
        home = self.directory
        return EXEC_ERLANG | {
            "HOME": str(home),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self.ports["epmd"]),
            "ERL_AFLAGS": "-start_epmd false",
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_DIST_PORT": str(self.ports["distribution"]),
            "RABBITMQ_CONF_ENV_FILE": str(home / "none.conf"),
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "none.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
            "RABBITMQ_FEATURE_FLAGS_FILE": str(home / "feature_flags"),
            "RABBITMQ_MNESIA_BASE": str(home / "data"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_PID_FILE": str(home / "rabbitmq.pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG_ARGUMENTS,
        }

    def control(self, *arguments: str, timeout: float = 60, tool: str = "rabbitmqctl") -> str:
        """Run `rabbitmqctl`, or another of its tools, against this node; return what it printed.

        Raises subprocess.CalledProcessError, with its output, if the command failed.
        """
        command = (str(self.scripts / tool), "--quiet", *arguments)
        return subprocess.run(  # noqa: S603 - our own scripts, no shell
            command,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} | self.environment(),
            check=True,
            text=True,
            timeout=timeout,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ).stdout


def prepare_node(directory: Path, *, with_metrics: bool = True) -> Node:
    """Write the files of a node that does not run yet.

    Its password and, if they are still free, its ports are those of the last time.
    Raises NoRabbitMQ.
    """
    scripts = find_scripts()
    home = private_directory(directory)
    ports = remembered_ports(home / PORTS_FILE, PORT_NAMES, {})
    return _write(Node(home, scripts, ports, _secret(home / PASSWORD_FILE), with_metrics))


def load_node(directory: Path) -> Node:
    """Return the node that was prepared here, running or not."""
    home = directory.resolve()
    return Node(home, find_scripts(), read_json(home / PORTS_FILE), _secret(home / PASSWORD_FILE))


def _write(node: Node) -> Node:
    home = node.directory
    cookie = home / ".erlang.cookie"
    if not cookie.exists():
        write_private(cookie, secrets.token_hex(20))
        cookie.chmod(0o400)
    write_private(home / "enabled_plugins", f"[{'rabbitmq_prometheus' * node.with_metrics}].\n")
    write_private(home / "rabbitmq.conf", _configuration(node))
    private_directory(home / "log")
    return node


def _secret(file: Path) -> str:
    if not file.exists():
        write_private(file, secrets.token_urlsafe(24))
    return file.read_text(encoding="utf-8")


def _configuration(node: Node) -> str:
    settings: dict[str, object] = {
        "listeners.tcp.1": f"127.0.0.1:{node.ports['amqp']}",
        # Instead of guest, who is not made when another default user is named.
        "default_user": USER,
        "default_pass": node.password,
        "default_vhost": "/",
        "vm_memory_high_watermark.relative": "0.25",
        "disk_free_limit.absolute": "64MB",
        "raft.wal_max_size_bytes": 64 * 1024 * 1024,  # half a gigabyte otherwise
        "log.console": "true",
        "log.console.level": "info",
        "log.console.use_colors": "off",
        "log.file": "false",
    }
    if node.with_metrics:
        settings |= {
            "prometheus.tcp.ip": "127.0.0.1",
            "prometheus.tcp.port": node.ports["prometheus"],
        }
    return "".join(f"{key} = {value}\n" for key, value in settings.items())
