"""Supervisord (package `supervisor`): it starts, watches and restarts everything Muster runs."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from muster.cli.errors import CannotRun
from muster.cli.files import private_directory, write_private
from muster.cli.leftovers import end_leftovers, mark
from muster.cli.waiting import wait_for_end, wait_until

SOCKET_PATH_LIMIT = 90  # the kernel takes 107 bytes, and supervisord first makes a longer name
LOG_BYTES = 10 * 1024 * 1024
LOG_BACKUPS = 3
ALREADY_STARTED = 60  # supervisor.xmlrpc.Faults
NOT_RUNNING = 70


class SupervisorFailed(CannotRun):
    """Supervisord did not start, or refused a command."""


@dataclass(frozen=True)
class Program:
    """One process that is to run, and be started again whenever it ends."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)  # plain words, no quotes
    stop_signal: str = "TERM"
    stop_seconds: int = 30
    user: str | None = None  # whom to become; only root may ask for it


@dataclass(frozen=True)
class Process:
    """What the supervisor knows of a program: `pid` is 0 while it does not run."""

    name: str
    pid: int
    state: str
    started_at: int
    reason: str
    log: Path

    @property
    def running(self) -> bool:
        """Say whether there is a process now."""
        return self.state in ("STARTING", "RUNNING")

    def last_lines(self, count: int = 15) -> list[str]:
        """Return the end of its log."""
        try:
            return self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
        except FileNotFoundError:
            return []


class Supervisor:
    """The supervisord of one directory. It holds no connection; make as many as you like."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self.log_directory = self.directory / "log"
        self._configuration = self.directory / "supervisor" / "supervisord.conf"
        self._socket = self.directory / "supervisor" / "supervisord.sock"
        if len(os.fsencode(self._socket)) > SOCKET_PATH_LIMIT:
            digest = sha256(os.fsencode(self.directory)).hexdigest()[:16]
            short = Path(tempfile.gettempdir()) / f"muster-{os.getuid()}-{digest}"
            self._socket = short / "supervisord.sock"

    def start_daemon(self, programs: Iterable[Program], environment: Mapping[str, str]) -> None:
        """Start supervisord with these programs, all stopped yet; it outlives the caller.

        Secrets belong into `environment`: every program inherits it, and it is never written down.
        What a supervisord that was killed left behind here is ended first. Raises SupervisorFailed.
        """
        private_directory(self.directory)
        private_directory(self.log_directory)
        _owned_by_us(private_directory(self._socket.parent))
        write_private(self._configuration, self._render(list(programs)))
        end_leftovers(self.directory)
        command = (sys.executable, "-m", "supervisor.supervisord", "-c", str(self._configuration))
        done = subprocess.run(  # noqa: S603 - our own interpreter, no shell
            command,
            env=dict(environment) | mark(self.directory),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise SupervisorFailed(f"supervisord did not start: {done.stdout.strip()}")

    def alive(self) -> bool:
        """Say whether a supervisord answers for this directory."""
        try:
            self._call("getState")
        except OSError:
            return False
        return True

    def start(self, name: str) -> None:
        """Start a program and return at once; it is fine if it runs already."""
        self._command("startProcess", name, ALREADY_STARTED)

    def stop(self, name: str) -> None:
        """Ask a program to end and return at once; it is fine if it does not run."""
        self._command("stopProcess", name, NOT_RUNNING)

    def processes(self) -> list[Process]:
        """Return all programs as they are now, or none if no supervisord runs."""
        try:
            found = self._call("getAllProcessInfo")
        except OSError:
            return []
        return [
            Process(
                name=each["name"],
                pid=each["pid"],
                state=each["statename"],
                started_at=each["start"],
                reason=each["spawnerr"] or each["description"],
                log=Path(each["logfile"]),
            )
            for each in found
        ]

    def shut_down(self) -> bool:
        """Stop all programs, the last one first, then supervisord; return when all have ended.

        Ends what a supervisord that was killed left behind, too. Idempotent: says whether there
        was anything to end. Raises NotInTime.
        """
        alive = self.alive()
        if alive:
            supervisord = int(self._call("getPID"))
            self._call("shutdown")
            wait_for_end(supervisord, within_s=120)
        if self._socket.parent.parent != self.directory:
            shutil.rmtree(self._socket.parent, ignore_errors=True)  # it may never have been made
        return bool(end_leftovers(self.directory)) or alive

    def stop_all(self, names: Iterable[str]) -> None:
        """Stop these programs at the same time and return when all have ended."""
        ending = set(names)
        for name in ending:
            self.stop(name)
        wait_until(
            lambda: not any(p.pid for p in self.processes() if p.name in ending),
            within_s=60,
            what=f"the end of {', '.join(sorted(ending))}",
        )

    def _command(self, method: str, name: str, harmless: int) -> None:
        try:
            self._call(method, name, False)
        except Fault as fault:
            if fault.faultCode != harmless:
                raise SupervisorFailed(f"{name}: {fault.faultString}") from fault

    def _call(self, method: str, *arguments: Any) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        try:
            proxy = ServerProxy("http://localhost", transport=transport)
            return getattr(proxy.supervisor, method)(*arguments)
        finally:
            transport.close()

    def _render(self, programs: list[Program]) -> str:
        sections: list[tuple[str, Mapping[str, object]]] = [
            ("unix_http_server", {"file": self._socket, "chmod": "0600"}),
            ("supervisord", self._own_section()),
            # So that `supervisorctl -c` finds it, for an operator who stops one process by hand.
            ("supervisorctl", {"serverurl": f"unix://{self._socket}"}),
            (
                "rpcinterface:supervisor",
                {
                    "supervisor.rpcinterface_factory": (
                        "supervisor.rpcinterface:make_main_rpcinterface"
                    )
                },
            ),
            *(
                (f"program:{each.name}", self._section(each, rank))
                for rank, each in enumerate(programs)
            ),
        ]
        return "\n".join(_section_text(title, settings) for title, settings in sections)

    def _own_section(self) -> dict[str, object]:
        own: dict[str, object] = {
            "logfile": self.log_directory / "supervisord.log",
            "logfile_maxbytes": LOG_BYTES,
            "logfile_backups": LOG_BACKUPS,
            "pidfile": self.directory / "supervisor" / "supervisord.pid",
            "childlogdir": self.log_directory,
            "directory": self.directory.parent,
            "umask": "077",
            "minfds": 1024,
        }
        if os.getuid() == 0:
            own["user"] = "root"  # said on purpose, or it warns
        return own

    def _section(self, program: Program, rank: int) -> dict[str, object]:
        section: dict[str, object] = {
            "command": " ".join(f'"{word}"' for word in program.command),
            "environment": ",".join(f'{k}="{v}"' for k, v in program.environment.items()),
            "priority": rank,  # supervisord stops the highest first, one after the other
            "autostart": "false",  # `muster up` starts each when what it needs is ready
            "autorestart": "true",
            "startsecs": 1,
            "startretries": 1_000_000,
            "stopsignal": program.stop_signal,
            "stopwaitsecs": program.stop_seconds,
            "stopasgroup": "false",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": self.log_directory / f"{program.name}.log",
            "stdout_logfile_maxbytes": LOG_BYTES,
            "stdout_logfile_backups": LOG_BACKUPS,
        }
        return section if program.user is None else section | {"user": program.user}


def _section_text(title: str, settings: Mapping[str, object]) -> str:
    lines = (f"{key}={str(value).replace('%', '%%')}\n" for key, value in settings.items())
    return f"[{title}]\n" + "".join(lines)


def _owned_by_us(directory: Path) -> None:
    if directory.stat().st_uid != os.getuid():
        raise SupervisorFailed(f"{directory} belongs to somebody else; remove it and try again")
