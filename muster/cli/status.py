"""Shows what runs and whether it is ready."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from muster.cli.broker import broker_is_ready
from muster.cli.deployment import PROCESSES, Deployment, kind_of, load
from muster.cli.errors import CannotRun
from muster.cli.readiness import why_not_ready
from muster.cli.running import BROKER, current_processes, observe
from muster.cli.supervise import Process, Supervisor


def show_status(directory: Path) -> bool:
    """Print a table of all processes, refresh run.json, and say whether all are ready."""
    console = Console()
    processes = current_processes(directory)
    if not processes:
        console.print("Muster is not running: start it with `muster up`.")
        return False
    deployment = load(directory)
    observe(deployment)
    reasons = {name: _trouble(deployment, process) for name, process in processes.items()}
    console.print(_table(processes, reasons))
    console.print(f"API {deployment.api_url}   logs {deployment.directory / 'log'}")
    return not any(reasons.values())


def _trouble(deployment: Deployment, process: Process) -> str | None:
    if not process.running:
        return process.reason or process.state.lower()
    if kind_of(process.name) in PROCESSES:
        return why_not_ready(deployment.readiness_of(process.name), process.pid)
    if process.name == BROKER and deployment.node:
        return _broker_trouble(deployment)
    return None


def _broker_trouble(deployment: Deployment) -> str | None:
    assert deployment.node is not None
    try:
        ready = broker_is_ready(Supervisor(deployment.directory), deployment.node)
    except CannotRun as error:
        return str(error).splitlines()[0]
    return None if ready else "does not take connections"


def _table(processes: dict[str, Process], reasons: dict[str, str | None]) -> Table:
    table = Table("process", "pid", "up for", "ready")
    for name, process in processes.items():
        reason = reasons[name]
        ready = "[green]yes[/]" if reason is None else f"[red]no[/]: {reason}"
        pid = str(process.pid or "-")
        table.add_row(name, pid, _age(process) if process.running else "-", ready)
    return table


def _age(process: Process) -> str:
    started = datetime.fromtimestamp(process.started_at, UTC)
    seconds = max(0, int((datetime.now(UTC) - started).total_seconds()))
    return str(timedelta(seconds=seconds))
