"""What every change leaves behind: the new state, a step on the record, and what is said of it."""

from muster.contracts.event import Event
from muster.contracts.vocabulary.lifecycle import Transition
from muster.storage.unit_of_work import UnitOfWork
from services.matching.domain.offer import Offer
from services.matching.domain.request import Request
from services.matching.tables import OFFERS, REQUESTS


def remember_step(
    work: UnitOfWork, thing: str, thing_id: str, before: str, after: str, reason: str = ""
) -> None:
    """Keep who moved this thing; `before` is empty for a thing that has just come to be."""
    work.remember(
        Transition(
            thing=thing,
            thing_id=thing_id,
            before=before,
            after=after,
            actor=work.context.actor,
            reason=reason,
            occurred_at=work.now,
            recorded_at=work.now,
        )
    )


def save_request(
    work: UnitOfWork, before: Request, after: Request, event: Event | None = None, reason: str = ""
) -> None:
    """Save a changed request; remember its step, if it took one, and say the event."""
    REQUESTS.save(work, after)
    if after.status is not before.status:
        remember_step(work, "request", after.request_id, before.status, after.status, reason)
    if event is not None:
        work.record(event, version=after.version)


def save_offer(
    work: UnitOfWork, before: Offer, after: Offer, event: Event, reason: str = ""
) -> None:
    """Save an offer that took a step, remember the step and say the event."""
    OFFERS.save(work, after)
    remember_step(work, "offer", after.offer_id, before.status, after.status, reason)
    work.record(event, version=after.version)
