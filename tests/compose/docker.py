"""A Docker daemon of the tests' own, and the commands that talk to it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import eventually

PROGRAMS = {
    "dockerd": "docker.io",
    "docker": "docker.io",
    "docker-compose": "docker-compose",
    "iptables": "iptables",
    "mmdebstrap": "mmdebstrap",
}


def what_is_missing() -> list[str]:
    """Say what this machine lacks; with nothing in it, the tests can run."""
    lacks = [
        f"{program} (apt-get install {package})"
        for program, package in PROGRAMS.items()
        if shutil.which(program) is None
    ]
    return lacks if os.getuid() == 0 else ["root", *lacks]


@dataclass(frozen=True)
class Docker:
    """A daemon, and where it is."""

    socket: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a command needs to talk to it."""
        # The builder without BuildKit takes a local image for a base without asking a registry.
        return os.environ | {"DOCKER_HOST": f"unix://{self.socket}", "DOCKER_BUILDKIT": "0"}

    def run(self, *command: str, within_s: float = 600) -> str:
        """Run a command of docker; return what it says. Raises if it fails, with all it said."""
        return checked(("docker", *command), self.environment, within_s)


def checked(command: tuple[str, ...], environment: dict[str, str], within_s: float = 600) -> str:
    """Run a command; return its output, or fail with all of it."""
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=within_s, check=False
    )
    if done.returncode:
        said = f"{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
    return done.stdout


@contextmanager
def own_daemon(data: Path) -> Iterator[Docker]:
    """Run a daemon with this data directory: it neither sees nor touches another's containers."""
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="muster-docker-") as short:  # a socket's path is short
        docker = Docker(Path(short) / "docker.sock")
        command = (
            "dockerd",
            *("--data-root", str(data)),
            *("--exec-root", f"{short}/exec"),
            *("--pidfile", f"{short}/docker.pid"),
            *("--host", f"unix://{docker.socket}"),
        )
        log = data.parent / "dockerd.log"
        with log.open("w") as said:
            daemon = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        try:
            eventually(lambda: _answers(docker, daemon), within_s=60, every_s=0.2)
            yield docker
        finally:
            daemon.terminate()
            daemon.wait(timeout=120)


def _answers(docker: Docker, daemon: "subprocess.Popen[bytes]") -> bool:
    assert daemon.poll() is None, "dockerd ended: see dockerd.log"
    asked = subprocess.run(
        ("docker", "info"), env=docker.environment, capture_output=True, check=False
    )
    return asked.returncode == 0
