"""Figures a run is to leave behind, beside its verdict: JSON in reports/, which git ignores."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DIRECTORY = Path(__file__).parents[1] / "reports"


def keep_report(name: str, figures: dict[str, Any]) -> Path:
    """Write a report with what it was measured on; return where it is."""
    DIRECTORY.mkdir(exist_ok=True)
    path = DIRECTORY / f"{name}.json"
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        **figures,
    }
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return path
