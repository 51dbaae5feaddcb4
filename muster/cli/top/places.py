"""Where the processes are: those of a `muster up`, or those that a targets file names."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from muster.cli.deployment import FILE, load
from muster.cli.errors import InputUnusable
from muster.cli.files import DEFAULT_DIRECTORY
from muster.settings import Settings

BROKER_JOB = "rabbitmq"


@dataclass(frozen=True)
class Place:
    """One process, and the base of its addresses."""

    name: str
    address: str


@dataclass(frozen=True)
class Places:
    """All that is looked at."""

    processes: tuple[Place, ...]
    amqp_url: str | None  # None: it could not be made, and `amqp_problem` says why
    amqp_problem: str = ""
    broker: Place | None = None  # where RabbitMQ has metrics
    directory: Path | None = None


def find_places(directory: Path | None, targets: Path | None) -> Places:
    """Return where everything is. Raises InputUnusable."""
    if targets is not None:
        return _named_in(targets)
    home = directory or DEFAULT_DIRECTORY
    if not (home / FILE).exists():
        raise InputUnusable(
            f"There is no Muster in {home}: start one with `muster up`, or say where the processes "
            "are with --targets FILE, in the format of Prometheus' file_sd_configs."
        )
    deployment = load(home)
    node = deployment.node
    names = deployment.processes
    return Places(
        tuple(Place(name, deployment.address(name)) for name in names),
        *_address(deployment.settings()),
        Place(BROKER_JOB, node.metrics_url.removesuffix("/metrics")) if node else None,
        home,
    )


def _named_in(file: Path) -> Places:
    try:
        found = [(_job(group), place) for group in _groups(file) for place in _places(group)]
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise InputUnusable(
            f"{file} cannot be used: {error}. It has to be like "
            '[{"targets": ["127.0.0.1:8480"], "labels": {"job": "muster", "process": "api"}}]'
        ) from error
    brokers = [place for job, place in found if job == BROKER_JOB]
    return Places(
        tuple(place for job, place in found if job != BROKER_JOB),
        *_address(Settings()),
        brokers[0] if brokers else None,
    )


def _groups(file: Path) -> list[Mapping[str, Any]]:
    groups = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(groups, list):
        raise TypeError("it is no list")
    return groups


def _job(group: Mapping[str, Any]) -> str:
    return str(group.get("labels", {}).get("job", "muster"))


def _places(group: Mapping[str, Any]) -> Iterable[Place]:
    name = group.get("labels", {}).get("process")
    targets = group["targets"]
    for target in targets:
        called = name if name and len(targets) == 1 else f"{name} {target}" if name else target
        yield Place(str(called), f"http://{target}")


def _address(settings: Settings) -> tuple[str | None, str]:
    """Return any service's way to the broker: asking how full a queue is takes no right."""
    try:
        return settings.amqp_url_of(settings.services[0]), ""
    except ValueError as error:  # no password
        return None, str(error)
