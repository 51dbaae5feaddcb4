"""The running system a simulated alliance plays against: found, or started for the occasion."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from muster.cli.deployment import WORKER, Options
from muster.cli.down import stop
from muster.cli.errors import CannotRun
from muster.cli.files import read_json
from muster.cli.running import Running, current_processes, running
from muster.cli.up import start

# Short waits, so that a whole life of a request fits into a scenario of a minute.
SHORT_WAITS: Mapping[str, str] = {
    "MUSTER_OFFER_TTL_EMERGENCY_SECONDS": "6",
    "MUSTER_SOURCING_RETRY_SECONDS": "3",
    "MUSTER_SOURCING_TRIES": "2",
}


def scenario_settings(mail_port: int | None) -> dict[str, str]:
    """Return the settings of a system that is started to be played against."""
    return {
        **SHORT_WAITS,
        **(_mail_settings(mail_port) if mail_port is not None else {}),
        "MUSTER_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        "MUSTER_LOG_LEVEL": "WARNING",
    }


def _mail_settings(port: int) -> dict[str, str]:
    return {
        "MUSTER_SMTP_HOST": "127.0.0.1",
        "MUSTER_SMTP_PORT": str(port),
        "MUSTER_OPERATOR_EMAIL": "operators@demo-alliance.example",
    }


@contextmanager
def system_for(
    options: Options, mail_port: int | None, say: Callable[[str], None], *, may_run: bool
) -> Iterator["System"]:
    """Start a system, and stop it when the context ends.

    If one runs already it is used and left alone, if it `may_run`; else CannotRun is raised,
    because a running one would not take the settings. Blocks, so it belongs outside of any event
    loop.
    """
    found = running_system(options.directory)
    if found is not None and not may_run:
        raise CannotRun(
            f"A Muster runs in {options.directory} already, with settings of its own: stop it "
            "with `muster down`, or choose another --directory."
        )
    if found is not None:
        say(f"Using the Muster that runs at {found.api}")
        yield found
        return
    environment = {**options.environment, **scenario_settings(mail_port)}
    started = _system(start(replace(options, environment=environment), say))
    try:
        yield started
    finally:
        say("Stopping Muster, which takes some seconds.")
        stop(options.directory)


@dataclass(frozen=True)
class System:
    """Where the API is, and an operator's credentials."""

    directory: Path
    api: str
    client_id: str
    client_secret: str
    worker_metrics: str | None

    def pids(self) -> dict[str, int]:
        """Return the pid of each process that runs now."""
        found = current_processes(self.directory)
        return {name: process.pid for name, process in found.items() if process.pid}


def running_system(directory: Path) -> System | None:
    """Return the system that runs in this directory, if one does."""
    found = running(directory)
    return None if found is None else _system(found)


def _system(found: Running) -> System:
    credentials = read_json(found.credentials)
    if credentials is None:
        raise CannotRun(
            f"There are no operator's credentials in {found.credentials}: `muster up` makes them."
        )
    metrics = {process.name: process.metrics for process in found.processes}
    return System(
        directory=found.directory,
        api=found.api,
        client_id=credentials["client_id"],
        client_secret=credentials["client_secret"],
        worker_metrics=metrics.get(WORKER),
    )
