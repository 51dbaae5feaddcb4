"""Take note that a provider at work no longer passes the rules, or does again."""

from datetime import datetime

from muster.contracts.matching import AssignmentCleared, AssignmentFlagged
from muster.storage.unit_of_work import UnitOfWork
from services.dispatch.domain.flag import Finding, Flag
from services.dispatch.domain.heard_request import HeardRequest
from services.dispatch.flags import flags_of, keep_flag
from services.dispatch.tables import HEARD_REQUESTS, JOBS, jobs
from services.dispatch.use_cases.record_keeping import keep_flag_entry


def follow_flag(
    work: UnitOfWork, said: AssignmentFlagged | AssignmentCleared, occurred_at: datetime
) -> None:
    """Keep what is said; what is older than what is known changes nothing.

    If the job is not opened yet, it finds the flag there when it is.
    """
    # Whoever opens the jobs of the request holds this lock, too: one of the two sees the other.
    if HEARD_REQUESTS.find(work.connection, said.request_id, lock=True) is None:
        HEARD_REQUESTS.add(work, HeardRequest(said.request_id))
    known = flags_of(work.connection, [said.request_id]).get((said.request_id, said.provider_id))
    if known is not None and said.version <= known.version:
        return
    flag = _flag(said, occurred_at)
    keep_flag(work.connection, flag)
    for job in JOBS.list(
        work.connection,
        jobs.c.request_id == said.request_id,
        jobs.c.provider_id == said.provider_id,
    ):
        keep_flag_entry(work, job.job_id, flag)


def _flag(said: AssignmentFlagged | AssignmentCleared, occurred_at: datetime) -> Flag:
    findings = said.findings if isinstance(said, AssignmentFlagged) else ()
    return Flag(
        request_id=said.request_id,
        provider_id=said.provider_id,
        version=said.version,
        raised=isinstance(said, AssignmentFlagged),
        findings=tuple(Finding(each.rule, each.fact, each.wanted) for each in findings),
        rule_pack=said.rule_pack,
        since=occurred_at,
    )
