"""Every dashboard, and the files they are written to."""

import json
from pathlib import Path

from deploy.grafana.source import alliance, broker, journey, service, service_levels

HOME = Path(__file__).parents[1] / "dashboards"
EVERY = (
    alliance.DASHBOARD,
    journey.DASHBOARD,
    service.DASHBOARD,
    broker.DASHBOARD,
    service_levels.DASHBOARD,
)


def files() -> dict[Path, str]:
    """Return what has to be in each file."""
    return {
        HOME / f"{dashboard.uid}.json": json.dumps(dashboard.json(), indent=2) + "\n"
        for dashboard in EVERY
    }
