"""The running system a simulated alliance plays against: found, or started for the occasion."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


def scenario_settings(mail_port: int) -> dict[str, str]:
    """Return the settings of a system that is started to be played against."""
    return {
        **SHORT_WAITS,
        "MUSTER_SMTP_HOST": "127.0.0.1",
        "MUSTER_SMTP_PORT": str(mail_port),
        "MUSTER_OPERATOR_EMAIL": "operators@demo-alliance.example",
        "MUSTER_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        "MUSTER_LOG_LEVEL": "WARNING",
    }


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

    def shut_down(self) -> None:
        """Stop all of it; data stays."""
        stop(self.directory)


def start_system(
    options: Options, environment: Mapping[str, str], say: Callable[[str], None]
) -> System:
    """Start a system with these settings on top.

    Raises CannotRun if one runs already, because a running one would not take the settings.
    """
    if running(options.directory) is not None:
        raise CannotRun(
            f"A Muster runs in {options.directory} already, with settings of its own: stop it "
            "with `muster down`, or choose another --directory."
        )
    extended = Options(
        options.directory,
        options.database_url,
        options.amqp_url,
        {**options.environment, **environment},
    )
    return _system(start(extended, say))


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
