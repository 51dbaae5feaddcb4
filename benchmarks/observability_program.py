"""One process whose metrics or traces `observability` measures: worker, relay or api.

OBSERVED_METRICS=off takes the metrics away; nothing outside of this benchmark can. Tracing goes by
Muster's own settings.
"""

import os
import sys
from typing import Any

from benchmarks import pipeline_muster
from muster.cli import processes
from muster.observability.measuring import Metric
from muster.storage.unit_of_work import UnitOfWork

METRICS = "OBSERVED_METRICS"


class _Nothing:
    """Counts and times nothing."""

    def __getattr__(self, _name: str) -> Any:
        return self

    def __call__(self, *_given: object, **_named: object) -> "_Nothing":
        return self

    def __enter__(self) -> None:
        return

    def __exit__(self, *_: object) -> None:
        return


def without_metrics() -> None:
    """Let every metric of this process be nothing."""
    nothing: Any = _Nothing()
    for owner, name in (
        (Metric, "labels"),
        (UnitOfWork, "count"),
        (UnitOfWork, "observe"),
        (UnitOfWork, "show_counts"),
    ):
        setattr(owner, name, nothing)


if __name__ == "__main__":
    if os.environ.get(METRICS) == "off":
        without_metrics()
    {
        "worker": pipeline_muster.worker,
        "relay": pipeline_muster.relay,
        "api": processes.api,
    }[sys.argv[1]]()
