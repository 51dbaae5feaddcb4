"""Waiting until matching knows what the registry has published, by the worker's own metrics."""

import asyncio
from time import monotonic

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from muster.cli.world.client import BROKEN
from muster.cli.world.plans import WorldPlan

_LOOK_EVERY_S = 0.25
_COUNTER = "muster_messages_processed_total"
_SETTLED = ("done", "duplicate")


def announcements_of(plan: WorldPlan) -> int:
    """Return how many events the registry publishes for the members of this plan.

    A member is announced when it applies, is vetted and activated, when each paper is recorded
    and verified, and when it declares a conflict of interest; a capability when it is published.
    """
    papers = sum(len(member.authorisations) for member in plan.members)
    return 3 * len(plan.members) + 2 * papers + len(plan.conflicts) + plan.capability_count


class ProjectionWatch:
    """Counts what matching has taken from the registry since this watch was begun."""

    def __init__(self, http: aiohttp.ClientSession, metrics_url: str | None) -> None:
        self._http = http
        self._url = metrics_url
        self._before = 0.0

    async def begin(self) -> None:
        """Remember how much was taken before."""
        self._before = await self._taken() or 0.0

    async def wait(self, announcements: int, within_s: float = 30) -> bool:
        """Return True once so many were taken; False if that cannot be seen in time.

        Then the first requests find less than there is, and are sourced again a little later.
        """
        deadline = monotonic() + within_s
        while self._url is not None and monotonic() < deadline:
            taken = await self._taken()
            if taken is not None and taken - self._before >= announcements:
                return True
            await asyncio.sleep(_LOOK_EVERY_S)
        return False

    async def _taken(self) -> float | None:
        if self._url is None:
            return None
        try:
            async with self._http.get(self._url) as page:
                return taken_from_registry(await page.text()) if page.ok else None
        except BROKEN:
            return None


def taken_from_registry(metrics: str) -> float:
    """Return how many registry events matching's projection has settled, from a metrics page."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
        if sample.name == _COUNTER
        and sample.labels["service"] == "matching"
        and "registry" in sample.labels["subscription"]
        and sample.labels["outcome"] in _SETTLED
    )
