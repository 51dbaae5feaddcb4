"""A job: what one provider does for one confirmed request."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from muster.contracts.vocabulary.identifiers import (
    BookingId,
    CapabilityId,
    JobId,
    NeedId,
    OfferId,
    OrganisationId,
    RequestId,
)
from muster.contracts.vocabulary.kinds import REMOTE_KINDS, CapabilityKind, Urgency
from muster.contracts.vocabulary.statuses import JOB, JobStatus
from muster.contracts.vocabulary.values import Place, Price, Window
from services.dispatch.domain.check_ins import CheckInWatch

# The way a job goes when nothing ends it early.
PATH = (
    JobStatus.COMMITTED,
    JobStatus.ACKNOWLEDGED,
    JobStatus.MOBILISING,
    JobStatus.EN_ROUTE,
    JobStatus.ON_SCENE,
    JobStatus.IN_SERVICE,
    JobStatus.RELEASED,
    JobStatus.COMPLETED,
)
RANK = {status: rank for rank, status in enumerate(PATH)}
FINAL = tuple(status for status in JobStatus if JOB.is_final(status))

# From the moment people set out until they are released, someone wants to know they are well.
WATCHED = frozenset(
    {JobStatus.MOBILISING, JobStatus.EN_ROUTE, JobStatus.ON_SCENE, JobStatus.IN_SERVICE}
)


@dataclass(frozen=True)
class Principal:
    """Whom or what to protect."""

    name: str
    contact: str
    instructions: str


@dataclass(frozen=True)
class Assignment:
    """What the provider has committed for one need."""

    offer_id: OfferId
    booking_id: BookingId
    need_id: NeedId
    kind: CapabilityKind
    capability_id: CapabilityId
    capability_name: str
    quantity: int
    price: Price


@dataclass(frozen=True)
class Job:
    """All that one provider has committed to one request.

    `reached` is the furthest step of the path, which a cancelled job still remembers; `watch` is
    there while check-ins are expected; `ended_at` once the job is final.
    """

    job_id: JobId
    request_id: RequestId
    enterprise_id: OrganisationId
    provider_id: OrganisationId
    place: Place
    window: Window
    principal: Principal
    assignments: tuple[Assignment, ...]
    check_in_interval_seconds: int
    opened_at: datetime
    status: JobStatus = JobStatus.COMMITTED
    reached: JobStatus = JobStatus.COMMITTED
    delayed: bool = False
    watch: CheckInWatch | None = None
    ended_at: datetime | None = None
    urgency: Urgency = Urgency.PLANNED  # also of jobs that were opened before it was kept
    version: int = 1

    @property
    def remote(self) -> bool:
        """Tell whether all of it is desk work, with nobody on the road."""
        return all(assignment.kind in REMOTE_KINDS for assignment in self.assignments)

    @property
    def booking_ids(self) -> tuple[BookingId, ...]:
        """Return the bookings this job uses."""
        return tuple(assignment.booking_id for assignment in self.assignments)

    @property
    def is_final(self) -> bool:
        """Tell whether nothing more can change its status."""
        return JOB.is_final(self.status)

    def over_at(self, instant: datetime) -> bool:
        """Tell whether the job had ended by then."""
        return self.ended_at is not None and self.ended_at <= instant

    def step(self, status: JobStatus, occurred_at: datetime, now: datetime) -> Self:
        """Return the job after this step, which the caller has found to be allowed."""
        return replace(
            self,
            status=status,
            reached=status if status in RANK else self.reached,
            watch=self._watch_in(status, occurred_at, now),
            ended_at=occurred_at if JOB.is_final(status) else None,
            version=self.version + 1,
        )

    def with_delay(self, delayed: bool) -> Self:
        """Return the job with the flag set or cleared."""
        return replace(self, delayed=delayed, version=self.version + 1)

    def with_watch(self, watch: CheckInWatch) -> Self:
        """Return the job under a changed watch."""
        return replace(self, watch=watch, version=self.version + 1)

    def _watch_in(
        self, status: JobStatus, occurred_at: datetime, now: datetime
    ) -> CheckInWatch | None:
        if self.remote or status not in WATCHED:
            return None
        return self.watch or CheckInWatch.begun(self.check_in_interval_seconds, occurred_at, now)
