"""deploy/kubernetes/: the processes, with their probes, limits and scaling."""

import re
from pathlib import Path

import pytest

from muster.cli.deployment import PROCESSES
from tests.unit.kubernetes.manifests import (
    BASE,
    DEPLOYMENTS,
    EXAMPLE,
    JOBS,
    TOP,
    WORKLOADS,
    deployment,
    environment,
    name_of,
)
from tests.unit.kubernetes.rendering import (
    KUBERNETES,
    Resource,
    container_of,
    of_kind,
    one,
    pod_of,
    render,
)

every_workload = pytest.mark.parametrize("workload", WORKLOADS, ids=name_of)
every_process = pytest.mark.parametrize("process", PROCESSES)


def test_each_process_has_a_deployment_that_runs_it() -> None:
    """Api, worker and relay, and nothing else."""
    assert {each["metadata"]["name"] for each in DEPLOYMENTS} == {f"muster-{p}" for p in PROCESSES}
    for process in PROCESSES:
        assert container_of(deployment(process))["args"] == [process]


@every_process
def test_a_process_is_asked_whether_it_lives_and_whether_it_is_ready(process: str) -> None:
    """On the port where it answers; not being ready never has it killed."""
    workload = deployment(process)
    container, told = container_of(workload), environment(workload)
    [port] = container["ports"]
    setting = "MUSTER_HTTP_PORT" if process == "api" else "MUSTER_METRICS_PORT"

    assert str(port["containerPort"]) == told[setting]
    assert told["MUSTER_HTTP_HOST"] == "0.0.0.0"
    asked = {
        name: (container[f"{name}Probe"]["httpGet"]["path"])
        for name in ("startup", "liveness", "readiness")
    }
    assert asked == {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"}
    for name in asked:
        assert container[f"{name}Probe"]["httpGet"]["port"] == port["name"]


@every_process
def test_a_process_is_given_the_time_to_finish_what_it_has_in_hand(process: str) -> None:
    """Before it is killed, also after it waited for the proxies to hear of its end."""
    workload = deployment(process)
    stop = container_of(workload).get("lifecycle", {}).get("preStop", {}).get("exec", {})
    waits = float(stop["command"][1]) if stop else 0.0
    drain = float(environment(workload)["MUSTER_DRAIN_SECONDS"])

    assert pod_of(workload)["terminationGracePeriodSeconds"] >= drain + waits + 10


@every_workload
def test_each_runs_with_nothing_it_could_do_harm_with(workload: Resource) -> None:
    """Not as root, on a file system it cannot write, without capabilities or a token."""
    pod, container = pod_of(workload), container_of(workload)
    dockerfile = (TOP / "deploy" / "Dockerfile").read_text()

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert str(pod["securityContext"]["runAsUser"]) in re.findall(r"\b\d{4,}\b", dockerfile)
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is False
    assert pod["serviceAccountName"] == "muster"
    assert {"name": "scratch", "mountPath": "/tmp"} in container["volumeMounts"]


@every_workload
def test_kubernetes_sets_no_settings_of_ours(workload: Resource) -> None:
    """For a Service named muster-http it would set MUSTER_HTTP_PORT=tcp://…"""
    assert pod_of(workload)["enableServiceLinks"] is False


@every_workload
def test_each_says_what_it_needs_and_what_it_may_take(workload: Resource) -> None:
    """Without a request for cpu the api could not be scaled by it."""
    resources = container_of(workload)["resources"]

    assert set(resources["requests"]) == set(resources["limits"]) == {"cpu", "memory"}


@every_process
def test_the_pods_of_a_process_are_spread_and_not_taken_away_all_at_once(process: str) -> None:
    """Over hosts and zones; a disruption budget, the deployment and its pods agree in labels."""
    workload = deployment(process)
    wanted = workload["spec"]["selector"]["matchLabels"]
    budget = one(BASE, "PodDisruptionBudget", f"muster-{process}")
    spread = pod_of(workload)["topologySpreadConstraints"]

    assert wanted.items() <= workload["spec"]["template"]["metadata"]["labels"].items()
    assert budget["spec"]["selector"]["matchLabels"] == wanted
    assert budget["spec"]["maxUnavailable"] == 1
    assert {each["topologyKey"] for each in spread} == {
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    }
    assert all(each["labelSelector"]["matchLabels"] == wanted for each in spread)
    assert workload["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_a_deployment_that_is_scaled_does_not_say_how_many_it_wants() -> None:
    """Else each `kubectl apply` would throw away what the scaler found."""
    scaled = {
        each["spec"]["scaleTargetRef"]["name"]
        for kind in ("HorizontalPodAutoscaler", "ScaledObject")
        for each in of_kind(BASE, kind)
    }
    silent = {each["metadata"]["name"] for each in DEPLOYMENTS if "replicas" not in each["spec"]}

    assert scaled == silent == {"muster-api", "muster-worker"}


def test_two_of_each_process_run_at_least() -> None:
    """So the loss of one host stops nothing; of two relays one waits for the other's end."""
    assert one(BASE, "HorizontalPodAutoscaler", "muster-api")["spec"]["minReplicas"] == 2
    assert one(BASE, "ScaledObject", "muster-worker")["spec"]["minReplicaCount"] == 2
    assert deployment("relay")["spec"]["replicas"] == 2


def test_the_api_is_reached_through_its_service() -> None:
    """By labels and a port that its pods have."""
    service = one(BASE, "Service", "muster-api")["spec"]
    labels = deployment("api")["spec"]["template"]["metadata"]["labels"]
    [port] = service["ports"]

    assert service["selector"].items() <= labels.items()
    assert port["targetPort"] == container_of(deployment("api"))["ports"][0]["name"]
    [rule] = one(EXAMPLE, "Ingress", "muster")["spec"]["rules"]
    for path in rule["http"]["paths"]:
        backend = path["backend"]["service"]
        assert (backend["name"], backend["port"]["name"]) == ("muster-api", port["name"])


def test_the_ingress_lets_in_what_the_api_is_for_and_not_its_metrics() -> None:
    """Neither /metrics nor /readyz is anybody's business outside."""
    [rule] = one(EXAMPLE, "Ingress", "muster")["spec"]["rules"]
    paths = {path["path"] for path in rule["http"]["paths"]}

    assert paths == {"/v1", "/oauth", "/openapi.json"}


def test_everything_is_in_one_namespace_and_has_its_step() -> None:
    """The how-to applies step by step, so nothing may be left out of the steps."""
    for resource in EXAMPLE:
        if resource["kind"] != "Namespace":
            assert resource["metadata"]["namespace"] == "muster"
        step = resource["metadata"]["labels"]["muster-step"]
        assert step in {"place", "broker", "prepare", "run"}
    prepared = {r["metadata"]["name"] for r in BASE if r["kind"] == "Job"}
    assert prepared == {"muster-migrate", "muster-broker-users"}
    for job in JOBS:
        assert job["metadata"]["labels"]["muster-step"] == "prepare"


@pytest.mark.parametrize(
    "overlay", sorted((KUBERNETES / "overlays").iterdir()), ids=lambda o: o.name
)
def test_what_an_overlay_runs_has_a_version(overlay: Path) -> None:
    """Nothing is run that another day might be something else."""
    resources = render(overlay)
    for workload in of_kind(resources, "Deployment") + of_kind(resources, "Job"):
        assert re.search(r"/muster:\d+\.\d+|@sha256:", container_of(workload)["image"])


@every_process
def test_prometheus_reads_the_metrics_of_each_process_once(process: str) -> None:
    """By the name of its port; `process` tells which kind it is."""
    monitor = one(BASE, "PodMonitor", "muster")["spec"]
    workload = deployment(process)
    labels = workload["spec"]["template"]["metadata"]["labels"]
    port = container_of(workload)["ports"][0]["name"]
    [endpoint] = [each for each in monitor["podMetricsEndpoints"] if each["port"] == port]

    assert monitor["selector"]["matchLabels"].items() <= labels.items()
    assert endpoint["path"] == "/metrics"
    assert {"targetLabel": "job", "replacement": "muster"} in endpoint["relabelings"]
    assert "process" in {each["targetLabel"] for each in endpoint["relabelings"]}


def test_prometheus_knows_everything_by_the_names_that_its_rules_rely_on() -> None:
    """A rule about a job that nobody is called would never fire."""
    rules = "".join(f.read_text() for f in (TOP / "deploy" / "prometheus" / "rules").glob("*.yml"))
    relied_on = set(re.findall(r'\bjob="([\w-]+)"', rules)) - {"prometheus", "alertmanager"}
    called = {
        relabeling["replacement"]
        for monitor in of_kind(BASE, "PodMonitor")
        for endpoint in monitor["spec"]["podMetricsEndpoints"]
        for relabeling in endpoint["relabelings"]
        if relabeling["targetLabel"] == "job"
    }

    assert {"muster", "rabbitmq"} <= relied_on <= called
