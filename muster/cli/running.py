"""What runs at this moment, and the file that tells others: run.json."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from muster.cli.deployment import Deployment, load
from muster.cli.files import DEFAULT_DIRECTORY, write_private_json
from muster.cli.supervise import Process, Supervisor
from muster.cli.targets import write_targets

RUN_FILE = "run.json"
CREDENTIALS_FILE = "credentials.json"
BROKER = "rabbitmq"


@dataclass(frozen=True)
class RunningProcess:
    """One process: `pid` is 0 while the supervisor is about to start it again."""

    name: str
    pid: int
    metrics: str


@dataclass(frozen=True)
class Running:
    """A Muster that was started. `processes` are those of the moment it was asked for."""

    directory: Path
    api: str
    amqp_url: str
    database_url: str
    processes: tuple[RunningProcess, ...]
    started_at: datetime

    @property
    def credentials(self) -> Path:
        """Return the file with the operator's client id and secret."""
        return self.directory / CREDENTIALS_FILE


def current_processes(directory: Path = DEFAULT_DIRECTORY) -> dict[str, Process]:
    """Return every program of this directory by its name, as the supervisor sees it now."""
    return {process.name: process for process in Supervisor(directory).processes()}


def observe(deployment: Deployment) -> Running:
    """Ask the supervisor what runs, and write it to run.json, which only its owner may read.

    Where Prometheus finds the metrics of all of it is written beside it.
    """
    processes = current_processes(deployment.directory)
    metrics = {name: deployment.metrics_of(name) for name in deployment.processes}
    if deployment.node:
        metrics[BROKER] = deployment.node.metrics_url
    running = Running(
        directory=deployment.directory,
        api=deployment.api_url,
        # At our own node the user who may do everything: the services have users of their own.
        amqp_url=deployment.node.amqp_url if deployment.node else deployment.amqp_url,
        database_url=deployment.database_url,
        processes=tuple(
            RunningProcess(name, processes[name].pid, metrics[name])
            for name in (BROKER, *deployment.processes)
            if name in processes and name in metrics
        ),
        started_at=_first_start(processes),
    )
    content = asdict(running) | {
        "directory": str(running.directory),
        "started_at": running.started_at.isoformat(),
    }
    write_private_json(deployment.directory / RUN_FILE, content)
    write_targets(deployment)
    return running


def running(directory: Path = DEFAULT_DIRECTORY) -> Running | None:
    """Return the Muster that runs in this directory, if one does; refreshes run.json."""
    return observe(load(directory)) if Supervisor(directory).alive() else None


def _first_start(processes: dict[str, Process]) -> datetime:
    starts = [process.started_at for process in processes.values() if process.started_at]
    return datetime.fromtimestamp(min(starts, default=0), UTC)
