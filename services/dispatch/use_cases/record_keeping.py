"""What several commands write down: timeline entries, positions, steps of a job, its timer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from muster.contracts.dispatch import JobStatusChanged, PositionReported
from muster.contracts.vocabulary.identifiers import JobId
from muster.contracts.vocabulary.lifecycle import Actor, Transition
from muster.contracts.vocabulary.values import Position
from muster.storage.bulk import add_rows
from muster.storage.unit_of_work import UnitOfWork
from services.dispatch import counting
from services.dispatch.domain.flag import Flag
from services.dispatch.domain.job import Job
from services.dispatch.domain.timeline import EntryKind
from services.dispatch.domain.track import TrackPoint
from services.dispatch.tables import positions, timeline_entries

CHECK_IN_DUE = "check-in-due"  # the timer; its subject is the job


def keep_entry(
    work: UnitOfWork,
    job_id: JobId,
    kind: EntryKind,
    actor: Actor,
    occurred_at: datetime,
    detail: Mapping[str, object],
    *,
    out_of_order: bool = False,
) -> None:
    """Add an entry to the job's timeline."""
    work.postpone(
        _add_entries,
        {
            "job_id": job_id,
            "kind": kind.value,
            "detail": detail,
            "actor": actor.name,
            "organisation_id": actor.organisation_id,
            "occurred_at": occurred_at,
            "recorded_at": work.now,
            "out_of_order": out_of_order,
        },
    )


def _add_entries(work: UnitOfWork, entries: list[dict[str, Any]]) -> None:
    add_rows(work.connection, timeline_entries, entries)


def keep_flag_entry(work: UnitOfWork, job_id: JobId, flag: Flag) -> None:
    """Enter into the job's timeline what the rules say; every party of the job may read it.

    What was found about the provider is left out: that is its own affair.
    """
    detail = {
        "raised": flag.raised,
        "rules": [{"rule": each.rule, "wanted": each.wanted} for each in flag.findings],
        "rule_pack": flag.rule_pack,
    }
    keep_entry(work, job_id, EntryKind.FLAG, work.context.actor, flag.since, detail)


def keep_position(
    work: UnitOfWork, job: Job, position: Position, occurred_at: datetime
) -> TrackPoint:
    """Add a point to the job's track and say so."""
    inserted = work.connection.execute(
        positions.insert(),
        {
            "job_id": job.job_id,
            "latitude": position.latitude,
            "longitude": position.longitude,
            "occurred_at": occurred_at,
            "recorded_at": work.now,
        },
    )
    work.record(
        PositionReported(
            job_id=job.job_id,
            request_id=job.request_id,
            enterprise_id=job.enterprise_id,
            provider_id=job.provider_id,
            position=position,
            occurred_at=occurred_at,
        )
    )
    sequence = inserted.inserted_primary_key
    return TrackPoint(position, occurred_at, work.now, sequence[0] if sequence else 0)


def point(position: Position) -> dict[str, float]:
    """Return a position as an entry's detail holds it."""
    return {"latitude": position.latitude, "longitude": position.longitude}


def tell_step(
    work: UnitOfWork, before: Job, after: Job, actor: Actor, occurred_at: datetime, reason: str
) -> None:
    """Remember, enter into the timeline and publish a job's step; keep its timer in step."""
    work.remember(
        Transition(
            thing="job",
            thing_id=after.job_id,
            before=before.status,
            after=after.status,
            actor=actor,
            reason=reason,
            occurred_at=occurred_at,
            recorded_at=work.now,
        )
    )
    detail = {"before": before.status.value, "status": after.status.value, "reason": reason}
    keep_entry(work, after.job_id, EntryKind.STATUS, actor, occurred_at, detail)
    work.record(
        JobStatusChanged(
            job_id=after.job_id,
            request_id=after.request_id,
            enterprise_id=after.enterprise_id,
            provider_id=after.provider_id,
            version=after.version,
            before=before.status,
            status=after.status,
            final=after.is_final,
            delayed=after.delayed,
            reason=reason,
            booking_ids=after.booking_ids,
            occurred_at=occurred_at,
        ),
        version=after.version,
    )
    keep_timer(work, before, after)
    counting.stepped(work, after, occurred_at)


def keep_timer(work: UnitOfWork, before: Job, after: Job) -> None:
    """Set, move or stop the check-in timer, if the job's watch asks for it."""
    if after.watch is None:
        if before.watch is not None:
            work.unschedule(CHECK_IN_DUE, after.job_id)
    elif before.watch is None or before.watch.deadline != after.watch.deadline:
        work.schedule(CHECK_IN_DUE, after.job_id, after.watch.deadline)
