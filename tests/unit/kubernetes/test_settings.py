"""deploy/kubernetes/: settings and secrets."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from muster.cli.deployment import PROCESSES
from muster.settings import Settings
from services.matching.settings import MatchingSettings
from tests.unit.kubernetes.manifests import (
    APART,
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


@pytest.mark.parametrize("resources", [BASE, EXAMPLE, APART], ids=["base", "example", "apart"])
def test_rabbitmq_and_postgresql_have_to_prove_their_names(resources: list[Resource]) -> None:
    """Over TLS, by the authority that everybody is given."""
    for workload in of_kind(resources, "Deployment") + of_kind(resources, "Job"):
        told = environment(workload, resources)
        for address in filter(None, re.split(r",\s*", told.get("MUSTER_AMQP_URL", ""))):
            amqp = urlsplit(address)
            assert (amqp.scheme, amqp.port, amqp.username) == ("amqps", 5671, "muster_{service}")
            assert parse_qs(amqp.query) == {"cacertfile": ["/run/secrets/ca.pem"]}
        if "MUSTER_DATABASE_URL" in told:
            database = urlsplit(told["MUSTER_DATABASE_URL"])
            assert database.path == "/muster_{service}"
            assert parse_qs(database.query) == {
                "sslmode": ["verify-full"],
                "sslrootcert": ["/run/secrets/ca.pem"],
            }


def test_only_the_migrations_log_in_as_the_owners_of_the_tables() -> None:
    """By the roles that deploy/postgres/databases.sh makes."""
    script = (TOP / "deploy/postgres/databases.sh").read_text()
    assert '--set name="muster_$service"' in script
    assert "\\set owner :name '_owner'" in script
    for resources in (BASE, EXAMPLE, APART):
        for workload in of_kind(resources, "Deployment") + of_kind(resources, "Job"):
            told = environment(workload, resources)
            if "MUSTER_DATABASE_URL" in told:
                owner = "_owner" * (name_of(workload) == "muster-migrate")
                login = urlsplit(told["MUSTER_DATABASE_URL"]).username
                assert login == f"muster_{{service}}{owner}"
                file = told["MUSTER_DATABASE_PASSWORD_FILE"]
                assert file == f"/run/secrets/database{owner}_{{service}}"


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
