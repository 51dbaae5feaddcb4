"""What every change leaves behind: the new state, a step on the record, and what is said of it."""

from muster.contracts.event import Event
from muster.storage.unit_of_work import UnitOfWork
from services.matching import counting
from services.matching.domain.offer import Offer
from services.matching.domain.request import Request
from services.matching.tables import OFFERS, REQUESTS


def save_request(
    work: UnitOfWork, before: Request, after: Request, event: Event | None = None, reason: str = ""
) -> None:
    """Save a changed request; remember its step, if it took one, and say the event."""
    REQUESTS.save(work, after)
    if after.status is not before.status:
        work.remember_step("request", after.request_id, before.status, after.status, reason)
    if event is not None:
        work.record(event, version=after.version)


def save_offer(
    work: UnitOfWork, before: Offer, after: Offer, event: Event, reason: str = ""
) -> None:
    """Save an offer that took a step, remember the step and say the event."""
    OFFERS.save(work, after)
    work.remember_step("offer", after.offer_id, before.status, after.status, reason)
    counting.step_of(work, after)
    work.record(event, version=after.version)
