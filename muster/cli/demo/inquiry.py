"""An inquiry in the middle of the scenario: a member is suspended while its people are at work.

The job it had accepted is flagged, not cancelled; when the inquiry finds nothing, the flag goes.
"""

import asyncio
from collections.abc import Sequence
from time import monotonic

from muster.cli.world.client import Session
from muster.cli.world.course import LOOK_EVERY_S
from muster.cli.world.ledger import Ledger
from muster.cli.world.providers import Provider

_A_JOB_WITHIN_S = 60.0
_SEEN_WITHIN_S = 30.0  # a process may be killed and restarted meanwhile


async def inquire(operator: Session, providers: Sequence[Provider], ledger: Ledger) -> None:
    """Suspend a member with a job under way, wait for the flag, reinstate it, see the flag go."""
    found = await _one_at_work(providers)
    if found is None:
        ledger.failed("no member had a job under way, so none could be suspended")
        return
    provider, job_id = found
    provider.stand_by()
    try:
        await _suspend_and_reinstate(operator, provider, job_id, ledger)
    finally:
        provider.carry_on()


async def _suspend_and_reinstate(
    operator: Session, provider: Provider, job_id: str, ledger: Ledger
) -> None:
    await _move(operator, provider, "suspended", "a complaint is looked into")
    ledger.counts["suspensions"] += 1
    if await _flags_become(operator, job_id, flagged=True):
        ledger.counts["flags_raised"] += 1
    else:
        ledger.failed(f"{job_id} was not flagged when its provider was suspended")
    await _move(operator, provider, "active", "the complaint was unfounded")
    if await _flags_become(operator, job_id, flagged=False):
        ledger.counts["flags_cleared"] += 1
    else:
        ledger.failed(f"{job_id} stayed flagged when its provider was active again")


async def _one_at_work(providers: Sequence[Provider]) -> tuple[Provider, str] | None:
    """Return a provider and a job of its that has just begun: it must not end meanwhile."""
    deadline = monotonic() + _A_JOB_WITHIN_S
    while monotonic() < deadline:
        for provider in providers:
            if provider.travelling:
                return provider, list(provider.travelling)[-1]
        await asyncio.sleep(LOOK_EVERY_S / 10)
    return None


async def _move(operator: Session, provider: Provider, status: str, reason: str) -> None:
    path = f"/v1/organisations/{provider.member.organisation_id}/status"
    await operator.post(path, {"status": status, "reason": reason})


async def _flags_become(operator: Session, job_id: str, *, flagged: bool) -> bool:
    deadline = monotonic() + _SEEN_WITHIN_S
    while monotonic() < deadline:
        job = await operator.get(f"/v1/jobs/{job_id}")
        if bool(job["flags"]) is flagged:
            return True
        await asyncio.sleep(LOOK_EVERY_S)
    return False
