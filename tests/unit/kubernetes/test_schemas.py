"""deploy/kubernetes/: every object is one that Kubernetes, or its operators, would take."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from tests.unit.kubernetes.rendering import KUBERNETES, Resource, of_kind, one, pod_of, render

OVERLAYS = sorted(path.parent for path in (KUBERNETES / "overlays").glob("*/kustomization.yaml"))
PLACES = [KUBERNETES / "base", *OVERLAYS]
# The oldest that has all we use, and the newest whose schemas we have.
VERSIONS = ["1.30", str(kubernetes_validate.latest_version())]
CRDS: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "crds.yaml").read_text())
APIS = {
    "ScaledObject": "keda.sh/v1alpha1",
    "TriggerAuthentication": "keda.sh/v1alpha1",
    "RabbitmqCluster": "rabbitmq.com/v1beta1",
    "PodMonitor": "monitoring.coreos.com/v1",
}


def check(resource: Resource, version: str) -> None:
    """Raise jsonschema.ValidationError unless this would be taken."""
    if resource["kind"] not in CRDS:
        kubernetes_validate.validate(resource, version, strict=True)
        return
    jsonschema.validate(resource["spec"], CRDS[resource["kind"]])
    for inner in within(resource):
        kubernetes_validate.validate(inner, version, strict=True)


def within(resource: Resource) -> list[Resource]:
    """What a custom resource holds that is Kubernetes' own, each as an object of its own."""
    spec = resource["spec"]
    if resource["kind"] == "RabbitmqCluster":
        pod = spec["override"]["statefulSet"]["spec"]["template"]["spec"]
        return [{"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": pod}]
    if resource["kind"] == "ScaledObject":
        behavior = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
        inner = {"scaleTargetRef": {"kind": "Deployment", "name": "any"}, "maxReplicas": 1}
        return [
            {
                "apiVersion": "autoscaling/v2",
                "kind": "HorizontalPodAutoscaler",
                "metadata": {},
                "spec": inner | {"behavior": behavior},
            }
        ]
    return []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_every_object_is_valid_and_has_no_field_that_nobody_knows(
    place: Path, version: str
) -> None:
    """By the schemas of Kubernetes itself, and by ours of what its operators document."""
    resources = render(place)
    seen = [] if place == PLACES[0] else render(PLACES[0])
    for resource in resources:
        if resource not in seen:
            check(resource, version)
        if resource["kind"] in APIS:
            assert resource["apiVersion"] == APIS[resource["kind"]]


def misspell(resource: Resource) -> None:
    """A field that nobody knows."""
    resource["spec"]["replica"] = 2


def no_selector(resource: Resource) -> None:
    """A field is missing that has to be there."""
    del resource["spec"]["selector"]


def number_as_text(resource: Resource) -> None:
    """A number is written as a text."""
    pod_of(resource)["terminationGracePeriodSeconds"] = "45"


@pytest.mark.parametrize("mistake", [misspell, no_selector, number_as_text])
def test_a_mistake_in_a_deployment_is_found(mistake: Callable[[Resource], None]) -> None:
    """So the schemas are there and bite."""
    deployment = one(render(KUBERNETES / "base"), "Deployment", "muster-worker")
    mistake(deployment)

    with pytest.raises(jsonschema.ValidationError):
        check(deployment, VERSIONS[0])


@pytest.mark.parametrize("kind", CRDS)
def test_a_misspelt_field_of_a_custom_resource_is_found(kind: str) -> None:
    """For each that we have a schema of."""
    resource = deepcopy(of_kind(render(KUBERNETES / "base"), kind)[0])
    resource["spec"]["pollingIntervall"] = 15

    with pytest.raises(jsonschema.ValidationError):
        check(resource, VERSIONS[0])


def test_a_misspelt_field_of_the_brokers_pods_is_found() -> None:
    """What the cluster operator passes on is checked as a pod's."""
    cluster = one(render(KUBERNETES / "base"), "RabbitmqCluster", "rabbitmq")
    pod = cluster["spec"]["override"]["statefulSet"]["spec"]["template"]["spec"]
    pod["securityContext"]["runAsNonroot"] = True

    with pytest.raises(jsonschema.ValidationError):
        check(cluster, VERSIONS[0])
