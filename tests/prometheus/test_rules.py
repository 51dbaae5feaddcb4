"""The rules are such that Prometheus takes them, people understand them, and there is a runbook."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from muster.cli.main import app
from muster.observability.measuring import Metric
from muster.observability.metrics_page import of_the_machinery, of_the_work
from tests.prometheus.rules import (
    RULES,
    RUNBOOKS,
    TESTS,
    AlertRule,
    alert_rules,
    all_rules,
    matchers_in,
    metrics_in,
)
from tests.servers.prometheus import SETTINGS, program_of_prometheus

# Of others: Prometheus, its client library, and RabbitMQ. test_scrape.py sees that they are there.
OTHERS = {
    "up",
    "process_start_time_seconds",
    "prometheus_notifications_alertmanagers_discovered",
    "prometheus_notifications_dropped_total",
    "prometheus_notifications_errors_total",
    "rabbitmq_alarms_free_disk_space_watermark",
    "rabbitmq_alarms_memory_used_watermark",
    "rabbitmq_detailed_queue_consumers",
    "rabbitmq_detailed_queue_messages_ready",
    "rabbitmq_disk_space_available_bytes",
    "rabbitmq_disk_space_available_limit_bytes",
}
OURS: dict[str, Metric[Any]] = {each.name: each for each in (*of_the_work(), *of_the_machinery())}
PARTS = ("What it means", "What to look at", "What to do", "How to know it is over")
SEVERITIES = {"page", "ticket", "info"}

one_by_one = pytest.mark.parametrize("alert", alert_rules(), ids=lambda alert: alert.name)


def says(*command: str | Path) -> str:
    """Return what a program of Prometheus says; fail with it if it finds fault."""
    program = program_of_prometheus(str(command[0]))
    done = subprocess.run([program, *map(str, command[1:])], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", ["prometheus.yml", "prometheus.local.yml"])
def test_prometheus_takes_the_configuration(name: str) -> None:
    """It is checked with the rules it names."""
    assert "rules found" in says("promtool", "check", "config", SETTINGS / name)


def test_prometheus_takes_the_rules() -> None:
    """Expressions and templates can be read, and no rule is there twice."""
    said = says("promtool", "check", "rules", "--lint-fatal", *RULES)
    assert said.count("SUCCESS") == len(RULES)


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_alerts_fire_and_are_over_again(file: Path) -> None:
    """`promtool test rules` plays what should make them, and what should not."""
    assert "SUCCESS" in says("promtool", "test", "rules", file)


def test_alertmanager_takes_its_configuration() -> None:
    """With its templates."""
    said = says("amtool", "check-config", SETTINGS / "alertmanager.yml")
    assert "1 templates" in said


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ("alertname=BrokerDown severity=page", "on-call"),
        ("alertname=DeadLetters severity=ticket service=notify", "tickets"),
        ("alertname=VersionsMixed severity=info", "nobody"),
        ("alertname=Watchdog severity=info", "dead-mans-switch"),
    ],
)
def test_alerts_go_to_whom_their_severity_says(labels: str, receiver: str) -> None:
    """A page to whoever is on call, a ticket to the operators."""
    file = f"--config.file={SETTINGS / 'alertmanager.yml'}"
    said = says("amtool", "config", "routes", "test", file, *labels.split())
    assert said.split()[0] == receiver


def test_what_is_left_unsaid_is_there_to_be_said() -> None:
    """Inhibitions name alerts that exist, and those of the rules' severities."""
    rules = yaml.safe_load((SETTINGS / "alertmanager.yml").read_text())["inhibit_rules"]
    written = [text for rule in rules for part in rule.values() for text in part]
    named = {
        name
        for text in written
        if (found := re.fullmatch(r'alertname =~? "?([\w|]+)"?', text))
        for name in found[1].split("|")
    }
    assert len(named) > 10
    assert named <= {alert.name for alert in alert_rules()}


@one_by_one
def test_an_alert_says_what_is_wrong_and_what_to_do(alert: AlertRule) -> None:
    """Severity, a summary and a description in sentences, and the runbook of its name."""
    assert alert.labels["severity"] in SEVERITIES
    assert len(alert.annotations["summary"]) > 20
    assert alert.annotations["description"].endswith(".")
    assert alert.annotations["runbook_url"] == f"docs/runbooks/{alert.runbook}"


@one_by_one
def test_an_alert_has_a_runbook(alert: AlertRule) -> None:
    """With its name, its severity, its four parts, and a row in the table."""
    text = (RUNBOOKS / alert.runbook).read_text()
    assert text.startswith(f"# {alert.name}\n")
    assert alert.labels["severity"] in text.split("## ")[0]
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == list(PARTS)
    assert f"({alert.runbook})" in (RUNBOOKS / "README.md").read_text()


def test_no_runbook_is_left_over() -> None:
    """Every page there is of an alert."""
    pages = {file.name for file in RUNBOOKS.glob("*.md")} - {"README.md"}
    assert pages == {alert.runbook for alert in alert_rules()}


def test_runbooks_lead_somewhere() -> None:
    """Every link is to a file that is there."""
    for file in RUNBOOKS.glob("*.md"):
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", file.read_text()):
            assert (file.parent / target).exists(), f"{file.name}: {target}"


def test_runbooks_name_commands_that_exist() -> None:
    """`muster …` is spelt as the program has it, its options too."""
    commands = get_command(app).commands  # type: ignore[attr-defined]
    seen = set()
    for file in RUNBOOKS.glob("*.md"):
        for line in re.findall(r"`muster ([a-z][^`]*)`", file.read_text()):
            words = line.split()
            command = commands[words[0]]
            if hasattr(command, "commands") and len(words) > 1:
                command = command.commands[words[1]]
            known = {option for each in command.params for option in each.opts}
            assert {word for word in words if word.startswith("--")} <= known, line
            seen.add(words[0])
    assert {"status", "up", "doctor", "top", "dead-letters"} <= seen


@one_by_one
def test_an_alert_is_tried_out(alert: AlertRule) -> None:
    """It is seen to fire with its severity, and to be quiet, in `deploy/prometheus/tests/`."""
    outcomes = [
        {fired["exp_labels"]["severity"] for fired in check["exp_alerts"]}
        for file in TESTS
        for test in yaml.safe_load(file.read_text())["tests"]
        for check in test.get("alert_rule_test", ())
        if check["alertname"] == alert.name
    ]
    severity = alert.labels["severity"]
    assert any(severity in fired for fired in outcomes)
    assert alert.name == "Watchdog" or any(severity not in fired for fired in outcomes)


def test_rules_read_only_metrics_that_exist() -> None:
    """Ours as they are defined, others as they are known."""
    series = set(OURS) | {
        name + suffix
        for name, metric in OURS.items()
        if metric.kind == "histogram"
        for suffix in ("_bucket", "_count", "_sum")
    }
    read = set().union(*(metrics_in(rule["expr"]) for rule in all_rules()))
    assert len(read) > 25
    assert read - series - OTHERS == set()


def test_rules_ask_for_labels_that_can_be() -> None:
    """A label that the metric has, and, where its values are known, one of these."""
    asked = [each for rule in all_rules() for each in matchers_in(rule["expr"])]
    assert len(asked) > 15
    for name, label, operator, value in asked:
        metric = OURS[re.sub(r"_(bucket|count|sum)$", "", name) if name not in OURS else name]
        if label == "le" and metric.kind == "histogram":
            continue
        found = {each.name: each for each in metric.with_labels}
        assert label in found, f"{name} has no label {label}"
        values = set(value.split("|")) if operator in ("=~", "!~") else {value}
        assert not found[label].values or values <= set(found[label].values), (name, label, value)


def test_targets_of_first_offers_are_buckets() -> None:
    """The service level counts what was in time by the bucket that ends at the target."""
    text = (SETTINGS / "rules" / "service-levels.yml").read_text()
    asked = dict(re.findall(r'urgency="(\w+)",le="([\d.]+)"', text))
    assert asked == {"emergency": "60.0", "urgent": "300.0", "planned": "3600.0"}
    first_offer = OURS["muster_request_first_offer_seconds"]
    for urgency, bound in asked.items():
        first_offer.labels(urgency)
        buckets = {
            sample.labels["le"]
            for family in first_offer._metric.collect()
            for sample in family.samples
            if sample.name.endswith("_bucket")
        }
        assert bound in buckets
