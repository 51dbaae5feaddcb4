"""Where Prometheus finds what `muster up` runs: a file of targets (`file_sd_configs`)."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from muster.cli.deployment import Deployment
from muster.cli.files import write_private_json

FILE = Path("prometheus") / "targets.json"

MUSTER, RABBITMQ = "muster", "rabbitmq"  # the jobs


def write_targets(deployment: Deployment) -> None:
    """Write every process that should run, whether it does or not: one that is down is missed."""
    found = [_target(MUSTER, name, deployment.metrics_of(name)) for name in deployment.processes]
    if deployment.node:
        found.append(_target(RABBITMQ, RABBITMQ, deployment.node.metrics_url))
    write_private_json(deployment.directory / FILE, found)


def forget_targets(directory: Path) -> None:
    """Leave nothing to look for: what was stopped on purpose is not missed."""
    if (directory / FILE).exists():
        write_private_json(directory / FILE, [])


def _target(job: str, process: str, url: str) -> dict[str, Any]:
    return {"targets": [urlsplit(url).netloc], "labels": {"job": job, "process": process}}
