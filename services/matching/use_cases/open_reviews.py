"""OpenReviews: ask operators what the rules leave open."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Insert, bindparam
from sqlalchemy.dialects import postgresql, sqlite

from muster.contracts.vocabulary.errors import TransientError
from muster.contracts.vocabulary.identifiers import Prefix, RequestId, ReviewId
from muster.contracts.vocabulary.statuses import ReviewStatus
from muster.storage.unit_of_work import UnitOfWork
from services.matching import announcements, reviews, timers
from services.matching.domain.finding import Finding
from services.matching.domain.request import Request
from services.matching.domain.review import Review
from services.matching.engine.law.rules import RulePack
from services.matching.engine.model import Question
from services.matching.engine.policy import Matter
from services.matching.findings import findings_of
from services.matching.tables import REVIEWS, review_requests
from services.matching.tables import reviews as table

_ATTEMPTS = 5
_OPEN_ABOUT = REVIEWS.finder(
    table.c.provider_id == bindparam("provider"),
    table.c.country == bindparam("country"),
    table.c.kind == bindparam("kind"),
    table.c.armed == bindparam("armed"),
    table.c.status == ReviewStatus.OPEN.value,
    lock=True,
)
_Findings = Sequence[Finding]


def open_reviews(
    work: UnitOfWork, request: Request, questions: Sequence[Question], pack: RulePack
) -> None:
    """Ask each question, or join whoever asked it before; repeats change nothing.

    The request, whose lock is held, is sourced again when an operator has answered; at once if
    that happened while the caller was judging. So call it after its next round was scheduled.
    """
    for question in sorted(questions, key=lambda each: each.matter):
        review = _open(work, question.matter, findings_of(question.verdicts, pack))
        if review is not None:
            _wait_for(work, review.review_id, request.request_id)
        elif request.awaits_sourcing(work.now):
            work.schedule(timers.SOURCING, request.request_id, work.now)


def _open(work: UnitOfWork, matter: Matter, findings: _Findings) -> Review | None:
    """Return the open review of the matter, or None if the answer is there already.

    An operator may be answering, or another worker asking, at the same time: whoever finds the
    review open holds its lock until commit, and whoever does not looks for the answer first.
    """
    for _ in range(_ATTEMPTS):
        found = _find_open(work, matter)
        if found is not None:
            return _join(work, found, findings)
        if _is_answered(work, matter, findings):
            return None
        opened = _new(work, matter, findings)
        if REVIEWS.add_unless_there(work, opened):
            work.remember_step("review", opened.review_id, "", opened.status)
            work.record(announcements.review_opened(opened), version=opened.version)
            return opened
    raise TransientError("reviews of the same matter come and go; try again")


def _find_open(work: UnitOfWork, matter: Matter) -> Review | None:
    found = _OPEN_ABOUT(
        work.connection,
        provider=matter.provider_id,
        country=matter.country,
        kind=matter.kind.value,
        armed=matter.armed,
    )
    return found[0] if found else None


def _is_answered(work: UnitOfWork, matter: Matter, findings: _Findings) -> bool:
    decision = reviews.decisions_of(work.connection, [matter.provider_id]).get(matter)
    return decision is not None and all(each.key in decision.keys for each in findings)


def _join(work: UnitOfWork, review: Review, findings: _Findings) -> Review:
    joined = review.joined(findings)
    if joined is not review:
        REVIEWS.save(work, joined)
    return joined


def _new(work: UnitOfWork, matter: Matter, findings: _Findings) -> Review:
    return Review(
        review_id=ReviewId(work.ids.new(Prefix.REVIEW)),
        provider_id=matter.provider_id,
        country=matter.country,
        kind=matter.kind,
        armed=matter.armed,
        findings=tuple(findings),
        opened_at=work.now,
    )


def _wait_for(work: UnitOfWork, review_id: ReviewId, request_id: RequestId) -> None:
    row = {"review_id": review_id, "request_id": request_id}
    work.connection.execute(_wait(work.connection.dialect.name), row)


@cache  # composing it costs more than running it
def _wait(dialect: str) -> Insert:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(review_requests).on_conflict_do_nothing()
