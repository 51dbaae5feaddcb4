"""What `kubectl kustomize` makes of deploy/kubernetes/, without kubectl: as much as is used there.

Resources from files and directories, the images transformer, and patches that are merged in by kind
and name. In these a list replaces a list, but for containers and their variables, which are merged
by name. Anything else in a kustomization is refused, so that nothing is tested that is not what
would be applied.
"""

from pathlib import Path
from typing import Any

import yaml

Resource = dict[str, Any]

KUBERNETES = Path(__file__).parents[3] / "deploy" / "kubernetes"
BY_NAME = {"containers", "env"}
KNOWN = {"apiVersion", "kind", "namespace", "resources", "images", "patches"}


def render(directory: Path) -> list[Resource]:
    """Return every object that a kustomization makes."""
    plan: dict[str, Any] = yaml.safe_load((directory / "kustomization.yaml").read_text())
    assert set(plan) <= KNOWN, f"{directory}: more than these tests can render"
    resources: list[Resource] = []
    for name in plan["resources"]:
        path = directory / name
        resources += render(path) if path.is_dir() else documents(path)
    for patch in plan.get("patches", ()):
        assert set(patch) == {"path"}
        for change in documents(directory / patch["path"]):
            merge(one(resources, change["kind"], change["metadata"]["name"]), change)
    for resource in resources:
        if "namespace" in plan and resource["kind"] != "Namespace":
            resource["metadata"]["namespace"] = plan["namespace"]
        for image in plan.get("images", ()):
            _set_image(resource, image)
    return resources


def documents(path: Path) -> list[Resource]:
    """Return the objects of one file, none of them sharing anything with another."""
    return [yaml.safe_load(text) for text in _split(path)]


def one(resources: list[Resource], kind: str, name: str) -> Resource:
    """Return the one object of this kind and name."""
    [found] = [r for r in resources if r["kind"] == kind and r["metadata"]["name"] == name]
    return found


def of_kind(resources: list[Resource], kind: str) -> list[Resource]:
    """Return all objects of a kind, and be sure that there are some."""
    found = [resource for resource in resources if resource["kind"] == kind]
    assert found, f"there is no {kind}"
    return found


def pod_of(workload: Resource) -> Resource:
    """Return what a deployment or a job says of its pods."""
    pod: Resource = workload["spec"]["template"]["spec"]
    return pod


def container_of(workload: Resource) -> Resource:
    """Return the only container of a deployment or a job."""
    [container] = pod_of(workload)["containers"]
    assert isinstance(container, dict)
    return container


def merge(target: Resource, change: Resource) -> None:
    """Put a patch in: mappings are merged, everything else is replaced."""
    for key, value in change.items():
        if key in BY_NAME and key in target:
            for each in value:
                merge(next(old for old in target[key] if old["name"] == each["name"]), each)
        elif isinstance(value, dict) and isinstance(target.get(key), dict):
            merge(target[key], value)
        else:
            target[key] = value


def _split(path: Path) -> list[str]:
    return [yaml.safe_dump(each) for each in yaml.safe_load_all(path.read_text())]


def _set_image(resource: Resource, image: dict[str, str]) -> None:
    if resource["kind"] not in ("Deployment", "Job"):
        return
    container = container_of(resource)
    if container["image"].partition(":")[0] == image["name"]:
        container["image"] = f"{image['newName']}:{image['newTag']}"
