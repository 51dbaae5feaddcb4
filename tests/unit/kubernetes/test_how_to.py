"""docs/how-to/run-on-kubernetes.md: its commands make what the files in deploy/kubernetes/ name."""

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from muster.clock import SystemClock
from muster.contracts.catalogue import OWNERS
from muster.web.tokens import TokenSigner, TokenVerifier
from tests.unit.kubernetes.manifests import BASE, TOP, WORKLOADS, environment, secrets_of
from tests.unit.kubernetes.rendering import of_kind, one
from tests.unit.kubernetes.test_schemas import CRDS

HOW_TO = (TOP / "docs" / "how-to" / "run-on-kubernetes.md").read_text("utf-8")
BLOCKS: list[str] = re.findall(r"```sh\n(.*?)```", HOW_TO, re.DOTALL)
# Stands in for kubectl: writes down what it is asked, one line each, and what it is told to apply.
KUBECTL = """
kubectl() {
    for word in "$@"; do printf '%q ' "$word"; done >> "$HOME/calls"
    echo >> "$HOME/calls"
    for word in "$@"; do if [[ $word == - ]]; then { cat; echo ---; } >> "$HOME/applied"; fi; done
}
set -eu
"""
MADE_BY_THE_OPERATOR = {"rabbitmq-default-user"}


def run(block: str, home: Path) -> list[list[str]]:
    """Run one block of the how-to for real, but for kubectl; return what kubectl was asked."""
    subprocess.run(
        ["bash", "-c", KUBECTL + block],
        cwd=TOP,
        env={"HOME": str(home), "PATH": os.environ["PATH"], "place": "deploy/kubernetes"},
        check=True,
        capture_output=True,
    )
    return [shlex.split(line) for line in (home / "calls").read_text().splitlines()]


def block_with(text: str) -> str:
    """The one block that has these words."""
    [block] = [each for each in BLOCKS if text in each]
    return block


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, set[str]]]:
    """Where the secrets are, and which keys each Secret is given."""
    home = tmp_path_factory.mktemp("home")
    keys: dict[str, set[str]] = {}
    for call in run(block_with("create secret"), home):
        kind, name, *options = call[call.index("secret") + 1 :]
        keys[name] = {"tls.crt", "tls.key"} if kind == "tls" else set()
        for option in options:
            flag, _, value = option.partition("=")
            key, _, file = value.rpartition("=")
            if flag == "--from-literal":
                keys[name].add(key)
            else:
                assert Path(file).is_file(), option
                keys[name] |= {key or Path(file).name} if flag == "--from-file" else set()
    return home / "muster-secrets", keys


def test_every_secret_that_is_named_is_made_and_no_other(
    made: tuple[Path, dict[str, set[str]]],
) -> None:
    """By the processes, the jobs, the cluster, the scaler and Prometheus; with its keys."""
    _, keys = made
    named = {pair for workload in WORKLOADS for pair in secrets_of(workload)}
    for auth in of_kind(BASE, "TriggerAuthentication"):
        named |= {(ref["name"], ref["key"]) for ref in auth["spec"]["secretTargetRef"]}
    for monitor in of_kind(BASE, "PodMonitor"):
        for endpoint in monitor["spec"]["podMetricsEndpoints"]:
            if "tlsConfig" in endpoint:
                ref = endpoint["tlsConfig"]["ca"]["secret"]
                named.add((ref["name"], ref["key"]))
    named.add((one(BASE, "RabbitmqCluster", "rabbitmq")["spec"]["tls"]["secretName"], "tls.key"))

    assert {name for name, _ in named} - MADE_BY_THE_OPERATOR == set(keys)
    for name, key in named:
        assert key is None or name in MADE_BY_THE_OPERATOR or key in keys[name]


def test_every_file_that_a_process_opens_is_a_key_of_a_secret_it_is_given(
    made: tuple[Path, dict[str, set[str]]],
) -> None:
    """Under the names that its settings say."""
    _, keys = made
    for workload in WORKLOADS:
        given = {key for name, _ in secrets_of(workload) for key in keys.get(name, ())}
        for value in environment(workload).values():
            for file in re.findall(r"/run/(?:secrets|keys)/([\w.{}]+)", value):
                assert {file.replace("{service}", owner) for owner in OWNERS} <= given


def test_the_certificate_is_good_for_every_address_of_the_cluster(
    made: tuple[Path, dict[str, set[str]]],
) -> None:
    """Else every process would refuse to talk to it."""
    secrets, _ = made
    hosts = {"rabbitmq.muster.svc"}
    for config in of_kind(BASE, "ConfigMap"):
        hosts |= set(re.findall(r"@(rabbitmq[\w.-]+):", config["data"].get("MUSTER_AMQP_URL", "")))
    assert len(hosts) == 4
    for host in hosts:
        subprocess.run(
            ["openssl", "verify", "-CAfile", secrets / "ca.pem", "-verify_hostname", host,
             secrets / "rabbitmq.pem"],
            check=True,
            capture_output=True,
        )  # fmt: skip


def test_the_keys_sign_tokens_and_verify_them(made: tuple[Path, dict[str, set[str]]]) -> None:
    """OpenSSL makes what Muster reads."""
    secrets, _ = made

    TokenSigner((secrets / "token.pem").read_bytes(), "muster", 900)
    TokenVerifier((secrets / "token.pub.pem").read_bytes(), "muster", SystemClock())


def test_the_steps_are_those_of_the_labels_in_the_order_they_are_needed() -> None:
    """Nothing that has a step is left out."""
    install = HOW_TO.partition("## Install")[2].partition("## Change")[0]
    applied = re.findall(r"--selector muster-step=(\w+)\n", install)
    labelled = {each["metadata"]["labels"]["muster-step"] for each in BASE}

    assert applied == ["place", "broker", "prepare", "run"]
    assert set(applied) == labelled


def test_the_rules_of_prometheus_become_objects_of_its_operator(tmp_path: Path) -> None:
    """Each file one, with all its groups."""
    run(block_with("PrometheusRule"), tmp_path)
    applied: list[Any] = list(yaml.safe_load_all((tmp_path / "applied").read_text()))
    objects = [each for each in applied if each is not None]
    files = sorted((TOP / "deploy" / "prometheus" / "rules").glob("*.yml"))

    assert [each["metadata"]["name"] for each in objects] == [f"muster-{f.stem}" for f in files]
    assert [each["spec"] for each in objects] == [yaml.safe_load(f.read_text()) for f in files]
    assert {each["kind"] for each in objects} == {"PrometheusRule"}


def test_what_the_how_to_names_exists() -> None:
    """Paths, deployments, jobs and custom resources."""
    for path in re.findall(r"`?(deploy/[\w/.-]+)", HOW_TO):
        assert (TOP / path.rstrip(".")).exists(), path
    for link in re.findall(r"\]\((\.\./[^)]+|[\w-]+\.md)\)", HOW_TO):
        assert (TOP / "docs" / "how-to" / link).exists(), link
    for kind, name in re.findall(r"\b(deployment|job)/(muster-[\w-]+)", HOW_TO):
        assert one(BASE, kind.capitalize(), name)
    assert "rabbitmqcluster/rabbitmq" in HOW_TO
    assert set(CRDS) >= {"RabbitmqCluster"}


def test_the_how_to_tells_the_numbers_of_the_files() -> None:
    """From how many to how many, and by what."""
    api = one(BASE, "HorizontalPodAutoscaler", "muster-api")["spec"]
    worker = one(BASE, "ScaledObject", "muster-worker")["spec"]
    [value] = {trigger["metadata"]["value"] for trigger in worker["triggers"]}
    cpu = api["metrics"][0]["resource"]["target"]["averageUtilization"]

    assert f"cpu, {cpu} % of what it requests | {api['minReplicas']} to {api['maxReplicas']} |" in (
        HOW_TO
    )
    assert f"every {int(value):,} messages" in HOW_TO
    assert f"| {worker['minReplicaCount']} to {worker['maxReplicaCount']} |" in HOW_TO
    assert "eleven work queues" in HOW_TO
    assert len(worker["triggers"]) == 11
