"""Prometheus finds what `muster up` runs."""

import json
from pathlib import Path
from typing import Any

from muster.cli.deployment import Options, prepare
from muster.cli.down import stop
from muster.cli.targets import FILE, write_targets


def targets_in(directory: Path) -> list[Any]:
    """Return what Prometheus would read."""
    found: list[Any] = json.loads((directory / FILE).read_text(encoding="utf-8"))
    return found


def test_every_process_is_a_target_with_its_name(tmp_path: Path) -> None:
    """So that two workers are told apart."""
    deployment = prepare(Options(tmp_path, amqp_url="amqp://127.0.0.1:1/%2F", workers=2))

    write_targets(deployment)

    ports = deployment.ports
    assert targets_in(tmp_path) == [
        {
            "targets": [f"127.0.0.1:{ports[name]}"],
            "labels": {"job": "muster", "process": name},
        }
        for name in ("api", "worker", "worker-2", "relay")
    ]


def test_our_own_rabbitmq_is_a_target_of_another_job(tmp_path: Path) -> None:
    """At the port of its plugin, on loopback."""
    deployment = prepare(Options(tmp_path))
    node = deployment.node
    assert node is not None

    write_targets(deployment)

    assert targets_in(tmp_path)[-1] == {
        "targets": [f"127.0.0.1:{node.ports['prometheus']}"],
        "labels": {"job": "rabbitmq", "process": "rabbitmq"},
    }
    assert "rabbitmq_prometheus" in (node.directory / "enabled_plugins").read_text()


def test_what_is_stopped_is_no_target_any_more(tmp_path: Path) -> None:
    """Nobody is to be woken by what was stopped on purpose."""
    write_targets(prepare(Options(tmp_path, amqp_url="amqp://127.0.0.1:1/%2F")))

    stop(tmp_path)

    assert targets_in(tmp_path) == []
