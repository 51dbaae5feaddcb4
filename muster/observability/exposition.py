"""What a process answers at /metrics, and what it has to say from its start."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import REGISTRY, disable_created_metrics
from prometheus_client.exposition import choose_encoder

from muster.observability.metrics import BUILD_INFO
from muster.observability.metrics_page import of_the_machinery, of_the_work


def exposition(accept: str) -> tuple[str, bytes]:
    """Return content type and body, in the best format this Accept header allows.

    Only OpenMetrics has exemplars; Prometheus asks for it.
    """
    encode, content_type = choose_encoder(accept)
    return content_type, encode(REGISTRY)


def begin_metrics(process: str, services: Sequence[str]) -> None:
    """Show from the start what this kind of process exports; call it once, before it serves."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # another series for each
    BUILD_INFO.labels(_version()).set(1)
    for metric in (*of_the_work(), *of_the_machinery()):
        metric.foresee(process, services)


def _version() -> str:
    try:
        return version("muster")
    except PackageNotFoundError:
        return "unknown"
