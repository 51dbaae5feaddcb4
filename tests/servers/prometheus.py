"""A private Prometheus with the rules and the scrape configuration of `deploy/prometheus/`."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from muster.cli.files import private_directory
from muster.cli.ports import remembered_ports
from muster.cli.supervise import Program, Supervisor
from tests.servers.session import missing
from tests.waiting import eventually

SETTINGS = Path(__file__).parents[2] / "deploy" / "prometheus"
EVERY = "1s"  # how often it scrapes and evaluates
Groups = list[dict[str, Any]]


@dataclass(frozen=True)
class Sample:
    """One value of an instant query."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Alert:
    """One alert as it stands: `state` is pending or firing."""

    name: str
    state: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus, ours alone."""

    url: str

    def query(self, expression: str) -> list[Sample]:
        """Return what an expression gives now."""
        found = self._get("/api/v1/query", query=expression)["result"]
        return [Sample(each["metric"], float(each["value"][1])) for each in found]

    def query_range(self, expression: str, start: float, end: float, step: float) -> list[Any]:
        """Return the series of an expression over a time, as the API of Prometheus gives them."""
        times = {"start": str(start), "end": str(end), "step": str(step)}
        return list(self._get("/api/v1/query_range", query=expression, **times)["result"])

    def health(self) -> dict[str, str]:
        """Return of each target, named `job address`, why it cannot be scraped; "" if it can."""
        return {
            f"{each['labels']['job']} {each['labels']['instance']}": (
                "" if each["health"] == "up" else each["lastError"] or each["health"]
            )
            for each in self._get("/api/v1/targets", state="active")["activeTargets"]
        }

    def alerts(self) -> list[Alert]:
        """Return the alerts that are pending or firing."""
        return [
            Alert(each["labels"]["alertname"], each["state"], each["labels"], each["annotations"])
            for each in self._get("/api/v1/alerts")["alerts"]
        ]

    def firing(self, name: str) -> list[Alert]:
        """Return the firing alerts of a name."""
        return [each for each in self.alerts() if each.name == name and each.state == "firing"]

    def _get(self, path: str, **parameters: str) -> Any:
        answer = httpx.get(self.url + path, params=parameters, timeout=30).json()
        assert answer["status"] == "success", answer
        return answer["data"]


def program_of_prometheus(name: str) -> str:
    """Return the path of one of Prometheus' programs; skip the test where it is not installed."""
    return shutil.which(name) or missing("Prometheus", "prometheus prometheus-alertmanager")


def prepare_prometheus(
    directory: Path,
    targets: Path,
    *,
    port: int,
    every: str = EVERY,
    change: Callable[[Groups], Groups] = lambda groups: groups,
    alertmanager: str = "",
) -> Path:
    """Write what a Prometheus needs for the targets in this file; return its configuration.

    It is that of `muster up`, with all its rules, but quick. `change` may change the groups of
    rules: a test does not wait for minutes.
    """
    configuration = yaml.safe_load((SETTINGS / "prometheus.local.yml").read_text())
    configuration["global"] = {"scrape_interval": every, "evaluation_interval": every}
    configuration["global"]["scrape_timeout"] = every
    configuration["rule_files"] = [str(directory / "rules" / "*.yml")]
    addresses = [{"targets": [alertmanager]}] if alertmanager else []
    configuration["alerting"] = {"alertmanagers": [{"static_configs": addresses}]}
    for job in configuration["scrape_configs"]:
        for found in job.get("file_sd_configs", ()):
            found |= {"files": [str(targets)], "refresh_interval": "1s"}
        for fixed in job.get("static_configs", ()):
            fixed["targets"] = [f"127.0.0.1:{port}"]
    rules = private_directory(directory / "rules")
    for file in sorted((SETTINGS / "rules").glob("*.yml")):
        groups = change(yaml.safe_load(file.read_text())["groups"])
        for group in groups:
            group.pop("interval", None)
        (rules / file.name).write_text(json.dumps({"groups": groups}))
    written = directory / "prometheus.yml"
    written.write_text(json.dumps(configuration))  # which is YAML, too
    return written


@contextmanager
def running_prometheus(
    directory: Path,
    targets: Path,
    *,
    every: str = EVERY,
    change: Callable[[Groups], Groups] = lambda groups: groups,
    alertmanager: str = "",
    options: Sequence[str] = (),
) -> Iterator[Prometheus]:
    """Run a Prometheus under a supervisor of its own in this directory until the context ends.

    `targets` is the file that `muster up` writes; it may come, go and change meanwhile.
    """
    program = program_of_prometheus("prometheus")
    home = private_directory(directory)
    port = remembered_ports(home / "ports.json", ["prometheus"], {})["prometheus"]
    configuration = prepare_prometheus(
        home, targets, port=port, every=every, change=change, alertmanager=alertmanager
    )
    command = (
        program,
        f"--config.file={configuration}",
        f"--storage.tsdb.path={home / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--enable-feature=exemplar-storage",
        "--log.level=warn",
        *options,
    )
    supervisor = Supervisor(home)
    supervisor.start_daemon([Program("prometheus", command)], os.environ)
    try:
        supervisor.start("prometheus")
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: _is_ready(url), within_s=60)
        yield Prometheus(url)
    finally:
        supervisor.shut_down()


@dataclass(frozen=True)
class Alertmanager:
    """A running Alertmanager, ours alone, that tells nobody."""

    address: str
    supervisor: Supervisor

    def told(self) -> set[str]:
        """Return the names of the alerts that it passes on."""
        return self._names(inhibited="false", silenced="false")

    def unsaid(self) -> set[str]:
        """Return the names of the alerts that it keeps to itself, for they follow from others."""
        return self._names(active="false", silenced="false", unprocessed="false")

    def _names(self, **wanted: str) -> set[str]:
        answer = httpx.get(f"http://{self.address}/api/v2/alerts", params=wanted, timeout=30)
        return {each["labels"]["alertname"] for each in answer.json()}


@contextmanager
def running_alertmanager(directory: Path) -> Iterator[Alertmanager]:
    """Run an Alertmanager with the routes and inhibitions of `deploy/prometheus/`, and no mail."""
    program = program_of_prometheus("prometheus-alertmanager")
    home = private_directory(directory)
    port = remembered_ports(home / "ports.json", ["alertmanager"], {})["alertmanager"]
    configuration = yaml.safe_load((SETTINGS / "alertmanager.yml").read_text())
    configuration["receivers"] = [{"name": each["name"]} for each in configuration["receivers"]]
    configuration["templates"] = []
    (home / "alertmanager.yml").write_text(json.dumps(configuration))
    command = (
        program,
        f"--config.file={home / 'alertmanager.yml'}",
        f"--storage.path={home / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        "--log.level=warn",
    )
    supervisor = Supervisor(home)
    supervisor.start_daemon([Program("alertmanager", command)], os.environ)
    try:
        supervisor.start("alertmanager")
        eventually(lambda: _is_ready(f"http://127.0.0.1:{port}"), within_s=60)
        yield Alertmanager(f"127.0.0.1:{port}", supervisor)
    finally:
        supervisor.shut_down()


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready", timeout=5).is_success
    except httpx.TransportError:
        return False
