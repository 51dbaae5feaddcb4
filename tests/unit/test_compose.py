"""docker-compose.yml: what it says about images, processes, settings and secrets."""

import re
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from muster.cli.deployment import PROCESSES
from muster.contracts.catalogue import OWNERS
from muster.settings import Settings
from services.matching.settings import MatchingSettings

TOP = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((TOP / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", *PROCESSES)
VARIABLE = re.compile(r"\$\{(\w+)(:\?[^}]+)?\}")
SECRET_NAME = re.compile(r"PASS|SECRET|TOKEN$|KEY$")


def settings_classes() -> Iterator[type[BaseSettings]]:
    """Every class that reads MUSTER_… variables."""
    yield Settings
    for service in OWNERS:
        if find_spec(f"services.{service}.settings"):
            module = import_module(f"services.{service}.settings")
            yield getattr(module, f"{service.capitalize()}Settings")


def environment(service: str) -> dict[str, str | None]:
    """What a container is given as its environment."""
    given: dict[str, str | None] = SERVICES[service].get("environment", {})
    return given


def all_values() -> Iterator[tuple[str, str]]:
    """Every variable of every container that has a value in the file."""
    for service in SERVICES:
        for name, value in environment(service).items():
            if value is not None:
                yield name, value


@pytest.mark.parametrize("service", SERVICES)
def test_every_container_has_a_pinned_image_or_our_dockerfile(service: str) -> None:
    """Nothing is run whose version another day might change."""
    container = SERVICES[service]
    if "build" in container:
        assert (TOP / container["build"]["dockerfile"]).is_file()
    else:
        assert re.search(r":\d+\.\d+", container["image"])


def test_each_process_has_one_container_that_says_whether_it_is_ready() -> None:
    """Api, worker and relay are started, watched and scaled apart."""
    for process in PROCESSES:
        assert SERVICES[process]["command"] == [process]
        assert SERVICES[process]["healthcheck"]["test"][-1].endswith("/readyz")


def test_the_processes_wait_until_the_databases_are_migrated() -> None:
    """None of them meets a table that is not there yet."""
    for process in PROCESSES:
        condition = SERVICES[process]["depends_on"]["migrate"]["condition"]
        assert condition == "service_completed_successfully"


def test_postgres_is_not_called_healthy_while_it_still_makes_the_databases() -> None:
    """Its image makes them on a server that has only a socket, and then starts it again."""
    check = SERVICES["postgres"]["healthcheck"]["test"]
    assert check[check.index("--host") + 1] == "127.0.0.1"


def test_no_secret_stands_in_the_file() -> None:
    """Each comes from the environment, and a missing one is refused with a hint."""
    for name, value in all_values():
        login = re.search(r"://[^:/]+:([^@]+)@", value)
        secret = login.group(1) if login else value if SECRET_NAME.search(name) else None
        if secret is not None:
            found = VARIABLE.fullmatch(secret)
            assert found, f"{name} holds a secret"
            assert found.group(2), f"{name} would be empty without a word"


def test_every_setting_is_one_that_muster_knows() -> None:
    """A misspelt setting would be ignored without a word."""
    known = {
        f"MUSTER_{field.upper()}" for each in settings_classes() for field in each.model_fields
    }
    used = {name for service in OURS for name in environment(service)}
    assert used <= known


@pytest.mark.parametrize("process", ["api", "worker"])
def test_whoever_judges_is_given_every_setting_of_matching(process: str) -> None:
    """Api and worker must judge by the same rules and weights, and .env is where they are set."""
    wanted = {f"MUSTER_{name.upper()}" for name in MatchingSettings.model_fields}
    assert wanted <= environment(process).keys()


def test_the_example_environment_shows_the_usual_settings_of_matching() -> None:
    """Taking the comment signs away changes nothing, but for the directory, which is nobody's."""
    text = (TOP / ".env.example").read_text()
    shown = dict(re.findall(r"^#MUSTER_(\w+)=(.+)$", text, re.MULTILINE))
    fields = MatchingSettings.model_fields
    shown.pop("RULE_PACK_DIRECTORY")
    given = {name.lower(): value for name, value in shown.items() if name.lower() in fields}
    assert MatchingSettings(**given) == MatchingSettings()


def test_the_example_environment_names_every_variable_that_is_asked_for() -> None:
    """Whoever copies .env.example sees what to fill in."""
    text = (TOP / ".env.example").read_text()
    offered = set(re.findall(r"^#?(\w+)=", text, re.MULTILINE))
    asked = {found.group(1) for _, value in all_values() for found in VARIABLE.finditer(value)}
    passed_on = {name for s in OURS for name, value in environment(s).items() if value is None}
    assert asked | passed_on == offered


def test_every_service_gets_a_database_of_its_own() -> None:
    """The script that makes them and the address that names them agree."""
    script = (TOP / "deploy/postgres/databases.sh").read_text()
    made = re.search(r"for service in ([a-z ]+);", script)
    assert made is not None
    assert set(made.group(1).split()) == set(OWNERS)
    assert "/muster_{service}" in str(environment("api")["MUSTER_DATABASE_URL"])
