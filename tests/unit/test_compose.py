"""docker-compose.yml: what it says about images, processes, settings and secrets."""

import re
import subprocess
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

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
VARIABLE = re.compile(r"\$\{(\w+)(?::[-?]([^}]+))?\}")
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
        dockerfile = (TOP / container["build"]["dockerfile"]).read_text()
        base = re.search(r"^ARG BASE=(\S+:\d+\.\d+\.\d+\S*)$", dockerfile, re.MULTILINE)
        assert base is not None
        assert container["build"]["args"]["BASE"] == f"${{MUSTER_BASE_IMAGE:-{base.group(1)}}}"
    else:
        assert re.search(r":v?\d+\.\d+\.?\d*", container["image"])


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
    """Each comes from a file that is mounted, and whose name is all that is said here."""
    for name, value in all_values():
        login = re.search(r"://[^:/]+:([^@]+)@", value)
        if login:
            assert login.group(1) == "{password}", f"{name} holds a secret"
        elif SECRET_NAME.search(name):
            assert value.startswith("/run/secrets/"), f"{name} holds a secret"


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
    asked = dict(VARIABLE.findall((TOP / "docker-compose.yml").read_text()))
    passed_on = {name for s in OURS for name, value in environment(s).items() if value is None}
    assert asked.keys() | passed_on == offered
    assert all(f"#{name}={usual}\n" in text for name, usual in asked.items())


def secrets_of(service: str) -> set[str]:
    """What a container is let see."""
    return set(SERVICES[service].get("secrets", ()))


def test_every_secret_is_one_that_the_script_makes(tmp_path: Path) -> None:
    """And every password it makes is used; run again, it changes none."""
    script = TOP / "deploy" / "secrets.sh"
    subprocess.run([script, tmp_path / "secrets"], check=True, capture_output=True)
    made = {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()}
    subprocess.run([script, tmp_path / "secrets"], check=True, capture_output=True)

    assert {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()} == made
    assert set(COMPOSE["secrets"]) == set(made) - {"ca.key"}
    assert {name for service in SERVICES for name in secrets_of(service)} == set(COMPOSE["secrets"])
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"./deploy/secrets/{name}"}


def test_the_secrets_are_let_out_to_nobody(tmp_path: Path) -> None:
    """Their directory is its maker's alone, is never committed, and all passwords differ."""
    subprocess.run([TOP / "deploy/secrets.sh", tmp_path / "s"], check=True, capture_output=True)

    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o700
    assert "deploy/secrets/" in (TOP / ".gitignore").read_text().split()
    passwords = [f.read_text() for f in (tmp_path / "s").iterdir() if "." not in f.name]
    assert len(set(passwords)) == len(passwords) == 3 * len(OWNERS) + 2
    assert all(len(each.strip()) >= 64 for each in passwords)


@pytest.mark.parametrize(
    ("container", "kinds"),
    [
        ("api", {"database"}),
        ("worker", {"database", "amqp"}),
        ("relay", {"database", "amqp"}),
        ("migrate", {"database_owner"}),
        ("broker-users", {"amqp"}),
    ],
)
def test_each_container_is_given_the_passwords_it_needs_and_no_more(
    container: str, kinds: set[str]
) -> None:
    """The api has no business with RabbitMQ, and only migrations may change tables."""
    wanted = {f"{kind}_{service}" for kind in kinds for service in OWNERS}

    assert secrets_of(container) == wanted | {"ca.pem"}


def test_every_file_a_container_names_is_mounted() -> None:
    """As a secret of its own."""
    for container in SERVICES:
        for value in filter(None, environment(container).values()):
            for name in re.findall(r"/run/secrets/([\w.{}]+)", value):
                names = {name.replace("{service}", service) for service in OWNERS}
                assert names <= secrets_of(container)


def test_rabbitmq_and_postgres_are_reached_over_tls_and_have_to_prove_their_names() -> None:
    """By the authority whose certificate everybody is given."""
    for process in ("worker", "relay"):
        amqp = urlsplit(str(environment(process)["MUSTER_AMQP_URL"]))
        assert (amqp.scheme, amqp.hostname, amqp.port) == ("amqps", "rabbitmq", 5671)
        assert parse_qs(amqp.query) == {"cacertfile": ["/run/secrets/ca.pem"]}
    for process in ("migrate", *PROCESSES):
        database = urlsplit(str(environment(process)["MUSTER_DATABASE_URL"]))
        assert parse_qs(database.query) == {
            "sslmode": ["verify-full"],
            "sslrootcert": ["/run/secrets/ca.pem"],
        }


def test_the_servers_are_given_the_files_that_close_them() -> None:
    """Every file of ours that is mounted exists."""
    mounted = [
        volume.split(":")[0]
        for container in SERVICES.values()
        for volume in container.get("volumes", ())
        if volume.startswith("./")
    ]

    assert {"./deploy/rabbitmq/tls.conf", "./deploy/rabbitmq/users.conf"} <= set(mounted)
    assert {"./deploy/postgres/start.sh", "./deploy/postgres/pg_hba.conf"} <= set(mounted)
    assert all((TOP / file).exists() for file in mounted)
    assert SERVICES["postgres"]["entrypoint"][-1] == "/etc/muster/start.sh"


def test_rabbitmq_waits_for_its_users() -> None:
    """Without the file it would not start at all."""
    condition = SERVICES["rabbitmq"]["depends_on"]["broker-users"]["condition"]
    assert condition == "service_completed_successfully"


def test_every_service_gets_a_database_of_its_own() -> None:
    """The script that makes them, the file that lets in, and the address agree."""
    script = (TOP / "deploy/postgres/databases.sh").read_text()
    made = re.search(r"for service in ([a-z ]+);", script)
    assert made is not None
    assert set(made.group(1).split()) == set(OWNERS)
    let_in = re.findall(
        r"^hostssl\s+(\w+)\s+(\S+)\s+all\s+scram-sha-256$",
        (TOP / "deploy/postgres/pg_hba.conf").read_text(),
        re.MULTILINE,
    )
    assert let_in == [(f"muster_{o}", f"muster_{o},muster_{o}_owner") for o in OWNERS]
    assert "/muster_{service}" in str(environment("api")["MUSTER_DATABASE_URL"])


@pytest.mark.parametrize("service", SERVICES)
def test_no_container_may_do_more_than_it_has_to(service: str) -> None:
    """None is root or may become it, writes to its own files, or takes the machine from others."""
    container = SERVICES[service]

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", container["user"])
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert "cap_add" not in container
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "pids_limit"} <= container.keys()
    assert "privileged" not in container
    assert not any("docker.sock" in volume for volume in container.get("volumes", ()))


@pytest.mark.parametrize("service", SERVICES)
def test_whatever_goes_on_running_is_watched_and_started_again(service: str) -> None:
    """And whatever ends by itself stays ended."""
    container = SERVICES[service]
    if service in ("migrate", "broker-users"):
        assert container["restart"] == "no"
    else:
        assert container["restart"] == "unless-stopped"
        assert {"interval", "timeout", "retries", "test"} <= container["healthcheck"].keys()


@pytest.mark.parametrize(
    ("network", "members"),
    [
        ("broker", {"rabbitmq", "worker", "relay"}),
        ("database", {"postgres", "migrate", "api", "worker", "relay"}),
        ("broker-metrics", {"rabbitmq", "prometheus"}),
        ("metrics", {"prometheus", "api", "worker", "relay"}),
        ("monitoring", {"prometheus", "alertmanager", "grafana"}),
        ("public", {"api", "grafana"}),
        ("outside", {"worker", "alertmanager"}),
    ],
)
def test_a_container_reaches_what_it_has_business_with(network: str, members: set[str]) -> None:
    """The api has none with RabbitMQ, Prometheus none with the databases, and so on."""
    assert {name for name, each in SERVICES.items() if network in each.get("networks", ())} == (
        members
    )


def test_only_two_networks_lead_out_and_only_the_api_and_grafana_are_published() -> None:
    """On this machine's own address, unless somebody says otherwise; and whoever has no network
    has none."""
    networks = COMPOSE["networks"]
    assert {name for name, each in networks.items() if not (each or {}).get("internal")} == {
        "public",
        "outside",
    }
    published = {name: each["ports"] for name, each in SERVICES.items() if "ports" in each}
    assert published.keys() == {"api", "grafana"}
    assert all(":-127.0.0.1:" in port for ports in published.values() for port in ports)
    assert [n for n, each in SERVICES.items() if "networks" not in each] == ["broker-users"]
    assert SERVICES["broker-users"]["network_mode"] == "none"


def test_grafana_comes_only_when_it_is_asked_for() -> None:
    """And nothing waits for it."""
    assert SERVICES["grafana"]["profiles"] == ["grafana"]
    assert [name for name, each in SERVICES.items() if "profiles" in each] == ["grafana"]
    assert not any("grafana" in each.get("depends_on", ()) for each in SERVICES.values())
