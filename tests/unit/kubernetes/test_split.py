"""deploy/kubernetes/overlays/matching-apart: a service with workers of its own."""

from copy import deepcopy

from muster.cli.bootstrap import topology
from muster.contracts.catalogue import OWNERS
from tests.unit.kubernetes.manifests import APART, BASE, environment, secrets_of
from tests.unit.kubernetes.rendering import Resource, container_of, of_kind, one, pod_of

OWN = one(APART, "Deployment", "muster-worker-matching")
REST = one(APART, "Deployment", "muster-worker")


def services_of(workload: Resource) -> set[str]:
    """Which services a process serves."""
    told = environment(workload, APART)
    return set(told["MUSTER_SERVICES"].split(",")) if "MUSTER_SERVICES" in told else set(OWNERS)


def test_every_service_has_workers_and_none_has_two_kinds() -> None:
    """The rest serve all that is not apart."""
    assert services_of(OWN) == {"matching"}
    assert services_of(REST) == set(OWNERS) - {"matching"}


def test_workers_are_scaled_by_the_queues_they_take_from() -> None:
    """Each queue once, and by whoever serves its service."""
    for scaling in of_kind(APART, "ScaledObject"):
        workload = one(APART, "Deployment", scaling["spec"]["scaleTargetRef"]["name"])
        counted = [trigger["metadata"]["queueName"] for trigger in scaling["spec"]["triggers"]]
        wanted = [s.queue for s in topology().subscriptions if s.service in services_of(workload)]
        assert sorted(counted) == sorted(wanted)
        assert "replicas" not in workload["spec"]


def test_they_hold_the_passwords_of_their_service_and_no_other() -> None:
    """Whoever breaks into them is matching, and nobody else."""
    assert set(secrets_of(OWN)) == {
        ("muster-ca", None),
        ("muster-database", "database_matching"),
        ("muster-amqp", "amqp_matching"),
    }


def test_they_are_as_the_workers_of_the_base_in_everything_else() -> None:
    """A change there that is not made here, too, is found."""
    ours, theirs = deepcopy(OWN), deepcopy(one(BASE, "Deployment", "muster-worker"))
    for workload in (ours, theirs):
        container_of(workload).pop("env", None)
        container_of(workload).pop("image")
        [secrets] = [v for v in pod_of(workload)["volumes"] if v["name"] == "secrets"]
        for source in secrets["projected"]["sources"]:
            source["secret"].pop("items", None)

    assert _renamed(ours) == theirs
    assert _renamed(one(APART, "PodDisruptionBudget", "muster-worker-matching")) == one(
        BASE, "PodDisruptionBudget", "muster-worker"
    )


def _renamed(value: object) -> object:
    if isinstance(value, dict):
        return {key: _renamed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each) for each in value]
    return value.replace("worker-matching", "worker") if isinstance(value, str) else value
