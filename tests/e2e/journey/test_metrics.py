"""What operators see of a running system, in the way Prometheus asks for it."""

import json
from collections.abc import Mapping

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from muster.cli.targets import FILE
from muster.observability.metrics_page import of_the_machinery, of_the_work
from tests.e2e.actors import NEEDS, a_request
from tests.e2e.journey.cast import Cast, confirm, jobs, status
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker]

DOCUMENTED = {
    metric.name.removesuffix("_total"): set(metric.by)
    for metric in (*of_the_work(), *of_the_machinery())
}
ABU_DHABI = {
    "country": "AE",
    "position": {"latitude": 24.45, "longitude": 54.38},
    "name": "Abu Dhabi",
}


def scraped(cast: Cast) -> Mapping[str, Mapping[str, float]]:
    """Return how often each metric has a value above zero, or at all, on each process.

    It is asked for in OpenMetrics, as Prometheus does.
    """
    targets = json.loads((cast.mailbox_of.directory / FILE).read_text(encoding="utf-8"))
    found: dict[str, dict[str, float]] = {}
    for target in targets:
        if target["labels"]["job"] != "muster":
            continue
        answer = httpx.get(
            f"http://{target['targets'][0]}/metrics",
            headers={"Accept": "application/openmetrics-text; version=1.0.0"},
            timeout=10,
        )
        assert answer.status_code == 200
        families = text_string_to_metric_families(answer.text)  # type: ignore[no-untyped-call]
        found[target["labels"]["process"]] = {
            family.name: sum(sample.value for sample in family.samples)
            for family in families
            if family.samples
        }
    return found


def test_every_documented_metric_is_there_once_there_is_work(cast: Cast) -> None:
    """On every process that is said to have it; and nothing is there that is not documented."""
    request = confirm(cast, 1000)
    job = next(job for job in jobs(cast.operator, request) if not job["remote"])
    worker = next(c for c in (cast.provider, cast.rival) if jobs(c, request))
    for step in ("acknowledged", "mobilising"):
        worker.post(f"/v1/jobs/{job['job_id']}/status", {"status": step})
    nobody = cast.enterprise.post("/v1/requests", a_request(10, [NEEDS[1]], place=ABU_DHABI))
    eventually(lambda: status(cast.enterprise, nobody) == "unfilled", within_s=30)

    def missing() -> list[str]:
        found = scraped(cast)
        return sorted(
            f"{name} of {process}"
            for name, processes in DOCUMENTED.items()
            for process in processes
            if name not in found[process]
            # The api and a worker share these: what happens here decides who shows which.
            and not (len(processes) > 1 and any(name in each for each in found.values()))
        )

    def all_there() -> bool:
        assert missing() == []
        return True

    eventually(all_there, within_s=60)
    unknown = {
        name
        for found in scraped(cast).values()
        for name in found
        if name.startswith("muster_") and name not in DOCUMENTED
    }
    assert unknown == set()


def test_the_work_shows_in_the_metrics(cast: Cast) -> None:
    """What a journey leaves behind is more than nothing."""
    confirm(cast, 1100)

    def all_there() -> bool:
        found = scraped(cast)
        api, worker = found["api"], found["worker"]
        return (
            all(
                worker.get(name, 0) > 0
                for name in (
                    "muster_request_first_offer_seconds",
                    "muster_gate_verdicts",
                    "muster_offers",
                    "muster_capacity_units",
                    "muster_requests_open",
                    "muster_jobs_open",
                    "muster_message_lag_seconds",
                    "muster_solver_duration_seconds",
                    "muster_search_index_capabilities",
                    "muster_measured_timestamp_seconds",
                    "muster_notifications",
                )
            )
            and api.get("muster_requests_submitted", 0) > 0
            and api.get("muster_offers", 0) > 0
            and api.get("muster_http_request_duration_seconds", 0) > 0
            and found["relay"].get("muster_outbox_published", 0) > 0
            and all(each.get("muster_database_up", 0) > 0 for each in found.values())
        )

    eventually(all_there, within_s=60)
