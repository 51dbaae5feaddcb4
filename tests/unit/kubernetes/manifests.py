"""What deploy/kubernetes/ runs, and what each of it is given."""

from collections.abc import Iterator

from tests.unit.kubernetes.rendering import (
    KUBERNETES,
    Resource,
    container_of,
    of_kind,
    one,
    pod_of,
    render,
)

TOP = KUBERNETES.parents[1]
BASE = render(KUBERNETES / "base")
EXAMPLE = render(KUBERNETES / "overlays" / "example")
APART = render(KUBERNETES / "overlays" / "matching-apart")
DEPLOYMENTS = of_kind(BASE, "Deployment")
JOBS = of_kind(BASE, "Job")
WORKLOADS = DEPLOYMENTS + JOBS


def name_of(resource: Resource) -> str:
    """Return what it is called."""
    return str(resource["metadata"]["name"])


def deployment(process: str) -> Resource:
    """Return the deployment of one kind of process."""
    return one(BASE, "Deployment", f"muster-{process}")


def environment(workload: Resource, resources: list[Resource] = BASE) -> dict[str, str]:
    """Return what the container sees: of two values the last one, and its own before any."""
    container = container_of(workload)
    seen: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        seen |= one(resources, "ConfigMap", source["configMapRef"]["name"])["data"]
    return seen | {each["name"]: each["value"] for each in container.get("env", ())}


def secrets_of(workload: Resource) -> Iterator[tuple[str, str | None]]:
    """Yield every secret that is mounted, and which of its keys; None: all it has."""
    for volume in pod_of(workload).get("volumes", ()):
        if "secret" in volume:
            yield volume["secret"]["secretName"], None
        for source in volume.get("projected", {}).get("sources", ()):
            for key in [item["key"] for item in source["secret"].get("items", ())] or [None]:
                yield source["secret"]["name"], key
