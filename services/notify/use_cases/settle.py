"""Record what became of parcels: the ledger, the status, and the event if one is given up."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, update

from muster.contracts.notify import NotificationFailed
from muster.contracts.vocabulary.identifiers import NotificationId, OrganisationId
from muster.storage.bulk import add_rows
from muster.storage.unit_of_work import UnitOfWork
from services.notify.domain.audience import OPERATORS
from services.notify.domain.delivery import (
    Channel,
    NotificationStatus,
    Outcome,
    Parcel,
    Result,
    delay_before,
    give_up_if_spent,
)
from services.notify.tables import attempts, notifications

_STATUS = {
    Outcome.SENT: NotificationStatus.SENT,
    Outcome.RETRIED: NotificationStatus.PENDING,
    Outcome.RELEASED: NotificationStatus.PENDING,
    Outcome.FAILED: NotificationStatus.FAILED,
    Outcome.SUPPRESSED: NotificationStatus.SUPPRESSED,
}

# A courier whose lease ran out holds a void ticket: what it reports changes nothing any more.
_MINE = (
    update(notifications)
    .where(
        notifications.c.notification_id == bindparam("parcel"),
        notifications.c.attempts == bindparam("ticket"),
        notifications.c.status == NotificationStatus.SENDING.value,
    )
    .values(
        status=bindparam("new_status"),
        attempts=bindparam("new_attempts"),
        due_at=bindparam("new_due_at"),
        settled_at=bindparam("new_settled_at"),
    )
)

Reports = Sequence[tuple[Parcel, Result]]


def settle(
    work: UnitOfWork,
    channel: Channel,
    reports: Reports,
    allowed_attempts: int,
) -> Reports:
    """Record the reports and return them as they were judged: a spent retry is a failure."""
    judged = [
        (parcel, give_up_if_spent(result, parcel.attempts, allowed_attempts))
        for parcel, result in reports
    ]
    _write_ledger(work, judged)
    common = [it for it in judged if it[1].outcome is not Outcome.FAILED]
    if common:
        work.connection.execute(_MINE, [_change(work, *it) for it in common])
    for parcel, result in judged:
        if result.outcome is Outcome.FAILED:
            done = work.connection.execute(_MINE, _change(work, parcel, result))
            if done.rowcount == 1:
                _say_failed(work, channel, parcel, result)
    return judged


def _change(work: UnitOfWork, parcel: Parcel, result: Result) -> dict[str, Any]:
    status = _STATUS[result.outcome]
    due_at = work.now
    if result.outcome is Outcome.RETRIED:
        due_at += delay_before(parcel.notification_id, parcel.attempts)
        due_at = max(due_at, result.not_before or due_at)
    return {
        "parcel": parcel.notification_id,
        "ticket": parcel.attempts,
        "new_status": status.value,
        "new_attempts": parcel.attempts - (result.outcome is Outcome.RELEASED),
        "new_due_at": due_at,
        "new_settled_at": None if status is NotificationStatus.PENDING else work.now,
    }


def _write_ledger(work: UnitOfWork, reports: Reports) -> None:
    entries = [
        {
            "notification_id": parcel.notification_id,
            "number": parcel.attempts,
            "at": work.now,
            "outcome": result.outcome.value,
            "detail": result.detail,
        }
        for parcel, result in reports
        if result.outcome is not Outcome.RELEASED
    ]
    add_rows(work.connection, attempts, entries)


def _say_failed(work: UnitOfWork, channel: Channel, parcel: Parcel, result: Result) -> None:
    """Tell the operators, unless this was itself the news of a failure: that would never end."""
    if parcel.event_type == NotificationFailed.event_type:
        return
    own = parcel.audience != OPERATORS
    outer = work.context
    work.context = replace(
        outer, correlation_id=parcel.correlation_id, causation_id=parcel.event_id
    )
    work.record(
        NotificationFailed(
            notification_id=NotificationId(parcel.notification_id),
            organisation_id=OrganisationId(parcel.audience) if own else None,
            channel=channel.value,
            reason=result.detail,
        )
    )
    work.context = outer
