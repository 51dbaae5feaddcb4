"""Take a position of a team."""

from datetime import datetime

from muster.access import Caller
from muster.contracts.vocabulary.identifiers import JobId
from muster.contracts.vocabulary.values import Position
from muster.storage.unit_of_work import UnitOfWork
from services.dispatch.domain.reports import refuse_after_the_end, time_of
from services.dispatch.domain.timeline import EntryKind
from services.dispatch.domain.track import TrackPoint
from services.dispatch.use_cases.record_keeping import keep_entry, keep_position, point
from services.dispatch.use_cases.visibility import job_of_provider


def report_position(
    work: UnitOfWork,
    caller: Caller,
    job_id: JobId,
    position: Position,
    occurred_at: datetime | None = None,
) -> TrackPoint:
    """Keep the position in its place by the time it was taken; the job itself stays as it is.

    Raises NotFound for a stranger, FromTheFuture, and Conflict if it was taken after the end.
    """
    # Not locked: a position adds to the job and changes nothing that another report decides on.
    job = job_of_provider(work, caller, job_id, lock=False)
    happened_at = time_of(occurred_at, work.now)
    refuse_after_the_end(job, happened_at)
    kept = keep_position(work, job, position, happened_at)
    keep_entry(work, job.job_id, EntryKind.POSITION, caller.actor, happened_at, point(position))
    return kept
