"""deploy/kubernetes/: settings and secrets."""

import re
from typing import Any

import pytest
import yaml

from muster.cli.deployment import PROCESSES
from muster.settings import Settings
from services.matching.settings import MatchingSettings
from tests.unit.kubernetes.manifests import (
    BASE,
    EXAMPLE,
    TOP,
    WORKLOADS,
    deployment,
    environment,
    name_of,
    secrets_of,
)
from tests.unit.kubernetes.rendering import Resource, container_of, of_kind, one
from tests.unit.test_compose import settings_classes

COMPOSE: dict[str, Any] = yaml.safe_load((TOP / "docker-compose.yml").read_text())


def test_every_setting_is_one_that_muster_knows() -> None:
    """A misspelt setting would be ignored without a word."""
    known = {f"MUSTER_{name.upper()}" for each in settings_classes() for name in each.model_fields}
    for resources in (BASE, EXAMPLE):
        for config in of_kind(resources, "ConfigMap"):
            assert {name for name in config["data"] if name.startswith("MUSTER_")} <= known
        for workload in of_kind(resources, "Deployment") + of_kind(resources, "Job"):
            named = environment(workload, resources)
            assert {name for name in named if name.startswith("MUSTER_")} <= known


@pytest.mark.parametrize("resources", [BASE, EXAMPLE], ids=["base", "example"])
def test_the_settings_are_ones_that_a_process_starts_with(
    resources: list[Resource], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every value is of the right kind, and there is an address for each service."""
    for process in PROCESSES:
        workload = one(resources, "Deployment", f"muster-{process}")
        for name, value in environment(workload, resources).items():
            monkeypatch.setenv(name, value)
    for each in settings_classes():
        each()

    assert Settings().services == ("registry", "matching", "dispatch", "notify")


def test_whoever_judges_is_told_the_same() -> None:
    """Api and worker must judge by the same rules and weights: one place says them for both."""
    own = {f"MUSTER_{name.upper()}" for name in MatchingSettings.model_fields}
    for process in ("api", "worker"):
        container = container_of(deployment(process))
        assert {"configMapRef": {"name": "muster-settings"}} in container["envFrom"]
        assert not own & {each["name"] for each in container.get("env", ())}


def test_the_addresses_are_those_of_the_containers_but_for_the_hosts() -> None:
    """Logins, files and what is asked of TLS are as in docker-compose.yml."""

    def without_host(url: str) -> str:
        return re.sub(r"@[\w.-]+:", "@:", url)

    settings = environment(deployment("worker"))
    composed = COMPOSE["services"]["worker"]["environment"]
    names = ("MUSTER_DATABASE_URL", "MUSTER_AMQP_URL")
    for name in names:
        for address in re.split(r",\s*", settings[name]):
            assert without_host(address) == without_host(composed[name])
    for name in ("MUSTER_DATABASE_PASSWORD_FILE", "MUSTER_AMQP_PASSWORD_FILE"):
        assert settings[name] == composed[name]
    owner = environment(one(BASE, "Job", "muster-migrate"))
    for name in ("MUSTER_DATABASE_URL", "MUSTER_DATABASE_PASSWORD_FILE"):
        assert without_host(owner[name]) == without_host(
            COMPOSE["services"]["migrate"]["environment"][name]
        )


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("muster-api", {"muster-ca", "muster-database", "muster-token-keys"}),
        ("muster-worker", {"muster-ca", "muster-database", "muster-amqp"}),
        ("muster-relay", {"muster-ca", "muster-database", "muster-amqp"}),
        ("muster-migrate", {"muster-ca", "muster-database-owner"}),
        (
            "muster-broker-users",
            {"muster-ca", "muster-amqp", "muster-scaler", "rabbitmq-default-user"},
        ),
    ],
)
def test_each_is_given_the_secrets_it_needs_and_no_more(name: str, given: set[str]) -> None:
    """Only the api signs tokens, migrations change tables, one job administers RabbitMQ."""
    [workload] = [each for each in WORKLOADS if name_of(each) == name]

    assert {secret for secret, _key in secrets_of(workload)} == given


@pytest.mark.parametrize("resources", [BASE, EXAMPLE], ids=["base", "example"])
def test_no_secret_stands_in_the_files(resources: list[Resource]) -> None:
    """Each is named, and made by whoever runs this."""
    assert not [each for each in resources if each["kind"] == "Secret"]
    for config in of_kind(resources, "ConfigMap"):
        for name, value in config["data"].items():
            for login in re.findall(r"://[^:/\s]+:([^@\s]+)@", value):
                assert login == "{password}", f"{name} holds a secret"
            assert "PRIVATE KEY" not in value
            assert not re.search(r"PASSWORD$|SECRET$", name)
    for workload in of_kind(resources, "Deployment") + of_kind(resources, "Job"):
        for name in ("env", "args", "command"):
            assert "password" not in str(container_of(workload).get(name, "")).lower()
