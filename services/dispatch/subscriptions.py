"""Everything that comes in as a message, and the timer."""

from collections.abc import Sequence

from muster.contracts.catalogue import RESTORATIONS
from muster.contracts.matching import (
    AssignmentCleared,
    AssignmentFlagged,
    RequestCancelled,
    RequestConfirmed,
)
from muster.contracts.vocabulary.identifiers import JobId
from muster.messaging.envelope import Envelope
from muster.service import background, publish_again, subscribe, timer
from muster.storage.measures import MEASURE_EVERY, measure_service
from muster.storage.store import Store
from muster.storage.unit_of_work import UnitOfWork
from services.dispatch.measures import measure
from services.dispatch.tables import metadata
from services.dispatch.use_cases.cancel_jobs import cancel_jobs
from services.dispatch.use_cases.follow_flag import follow_flag
from services.dispatch.use_cases.notice_missed_check_in import notice_missed_check_in
from services.dispatch.use_cases.open_jobs import open_jobs
from services.dispatch.use_cases.record_keeping import CHECK_IN_DUE


class DispatchSubscriptions:
    """What dispatch hears. The events of a request may come in any order."""

    name = "dispatch"

    @subscribe("requests", RequestConfirmed, RequestCancelled)
    def follow_request(self, work: UnitOfWork, envelope: Envelope) -> None:
        """Open the jobs of a confirmed request, end those of a cancelled one."""
        event = envelope.event
        if isinstance(event, RequestConfirmed):
            open_jobs(work, event, envelope.time)
        elif isinstance(event, RequestCancelled):
            cancel_jobs(work, event, envelope.time)

    @subscribe("flags", AssignmentFlagged, AssignmentCleared)
    def follow_flag(self, work: UnitOfWork, envelope: Envelope) -> None:
        """Note which providers at work no longer pass the rules."""
        event = envelope.event
        if isinstance(event, AssignmentFlagged | AssignmentCleared):
            follow_flag(work, event, envelope.time)

    @subscribe("restorations", *RESTORATIONS.values(), batched=True)
    def publish_again(self, work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        """Say once more what a queue that was lost may have missed."""
        publish_again(work, metadata, self.name, envelopes)

    @timer(CHECK_IN_DUE)
    def notice_check_in(self, work: UnitOfWork, subject: str) -> None:
        """Notice that a job's check-in did not come."""
        notice_missed_check_in(work, JobId(subject))

    @background("measure-dispatch", every_seconds=MEASURE_EVERY)
    def measure(self, store: Store) -> bool:
        """Measure how things stand."""
        return measure_service(store, measure)
