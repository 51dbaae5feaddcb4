"""What the tests of dispatch are made of: requests, jobs, and a room to run commands in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import TypeVar

from sqlalchemy import event, select

from muster.access import Caller
from muster.clock import SimulatedClock
from muster.context import Context
from muster.contracts.event import Event
from muster.contracts.matching import (
    Assignment,
    Principal,
    RequestCancelled,
    RequestConfirmed,
    RequestEvent,
    Terms,
)
from muster.contracts.vocabulary.identifiers import (
    BookingId,
    CapabilityId,
    EventId,
    JobId,
    NeedId,
    OfferId,
    OrganisationId,
    RequestId,
)
from muster.contracts.vocabulary.kinds import CapabilityKind, PriceUnit, Role, Urgency
from muster.contracts.vocabulary.lifecycle import Actor
from muster.contracts.vocabulary.statuses import JobStatus, RequestStatus
from muster.contracts.vocabulary.values import Money, Place, Position, Price, Window
from muster.messaging.envelope import Envelope, parse
from muster.service.timekeeper import Timekeeper
from muster.storage.unit_of_work import UnitOfWork
from services.dispatch import queries
from services.dispatch.domain.job import Assignment as JobAssignment
from services.dispatch.domain.job import Job
from services.dispatch.domain.job import Principal as JobPrincipal
from services.dispatch.domain.timeline import TimelineEntry
from services.dispatch.subscriptions import DispatchSubscriptions
from services.dispatch.tables import JOBS, metadata
from services.dispatch.use_cases.record_keeping import CHECK_IN_DUE
from services.dispatch.use_cases.report_status import report_status
from tests.stores import START, memory_store

T = TypeVar("T")

ENTERPRISE = OrganisationId("org_enterprise")
GUARD_FIRM = OrganisationId("org_guards")
INSURER = OrganisationId("org_insurer")
STRANGER = OrganisationId("org_stranger")
REQUEST = RequestId("req_1")
INTERVAL = timedelta(seconds=100)
GRACE = timedelta(seconds=20)
PHNOM_PENH = Place("KH", Position(11.5564, 104.9282), "Phnom Penh")

OPERATOR = Caller("cli_operator", Role.OPERATOR)
ON_THE_ROAD = (
    JobStatus.ACKNOWLEDGED,
    JobStatus.MOBILISING,
    JobStatus.EN_ROUTE,
    JobStatus.ON_SCENE,
    JobStatus.IN_SERVICE,
    JobStatus.RELEASED,
    JobStatus.COMPLETED,
)

_numbers = count(1)


def provider(organisation_id: OrganisationId = GUARD_FIRM) -> Caller:
    """Return a client of a provider."""
    return Caller(f"cli_{organisation_id}", Role.PROVIDER, organisation_id)


def enterprise(organisation_id: OrganisationId = ENTERPRISE) -> Caller:
    """Return a client of an enterprise."""
    return Caller(f"cli_{organisation_id}", Role.ENTERPRISE, organisation_id)


def assignment(
    provider_id: OrganisationId = GUARD_FIRM,
    kind: CapabilityKind = CapabilityKind.GUARDS,
    number: int = 1,
) -> Assignment:
    """Return what a provider committed for one need."""
    return Assignment(
        offer_id=OfferId(f"off_{number}"),
        booking_id=BookingId(f"bkg_{number}"),
        need_id=NeedId(f"ned_{number}"),
        kind=kind,
        provider_id=provider_id,
        capability_id=CapabilityId(f"cap_{number}"),
        capability_name=f"capability {number}",
        quantity=2,
        price=Price(Money(25_000, "USD"), PriceUnit.DAY),
    )


def window() -> Window:
    """Return the span of the request."""
    return Window(START + timedelta(hours=6), START + timedelta(hours=30))


def confirmed(
    *assignments: Assignment, request_id: RequestId = REQUEST, interval: timedelta = INTERVAL
) -> RequestConfirmed:
    """Return the confirmation of a request, by default of two guards."""
    return RequestConfirmed(
        request_id=request_id,
        enterprise_id=ENTERPRISE,
        status=RequestStatus.CONFIRMED,
        urgency=Urgency.PLANNED,
        place=PHNOM_PENH,
        window=window(),
        terms=Terms(check_in_interval_seconds=int(interval.total_seconds())),
        principal=Principal(name="A. Visitor", contact="+855 23 000 000", instructions="Gate 2"),
        assignments=assignments or (assignment(),),
    )


def cancelled(request_id: RequestId = REQUEST) -> RequestCancelled:
    """Return the cancellation of a request."""
    return RequestCancelled(
        request_id=request_id,
        enterprise_id=ENTERPRISE,
        status=RequestStatus.CANCELLED,
        reason="the visit was called off",
    )


def envelope(fact: Event, at: datetime = START) -> Envelope:
    """Return the event as matching would say it, with an id of its own."""
    context = Context(Actor(f"enterprise:cli_{ENTERPRISE}", ENTERPRISE), correlation_id="cor_1")
    return Envelope(EventId(f"evt_{next(_numbers)}"), at, fact, context, aggregate_version=1)


def a_job(kind: CapabilityKind = CapabilityKind.GUARDS, **changes: object) -> Job:
    """Return a job of one assignment."""
    job = Job(
        job_id=JobId("job_1"),
        request_id=REQUEST,
        enterprise_id=ENTERPRISE,
        provider_id=GUARD_FIRM,
        place=PHNOM_PENH,
        window=window(),
        principal=JobPrincipal("A. Visitor", "", ""),
        assignments=(
            JobAssignment(
                offer_id=OfferId("off_1"),
                booking_id=BookingId("bkg_1"),
                need_id=NeedId("ned_1"),
                kind=kind,
                capability_id=CapabilityId("cap_1"),
                capability_name="capability 1",
                quantity=2,
                price=Price(Money(25_000, "USD"), PriceUnit.DAY),
            ),
        ),
        check_in_interval_seconds=int(INTERVAL.total_seconds()),
        opened_at=START,
    )
    return replace(job, **changes)  # type: ignore[arg-type]


class Room:
    """Dispatch with a store in memory and a clock that moves when told to."""

    def __init__(self) -> None:
        self.clock = SimulatedClock(START)
        self.store = memory_store("dispatch", metadata, self.clock)
        self.subscriptions = DispatchSubscriptions()
        self.context = Context(Actor("service:dispatch"), correlation_id="cor_1")
        self.keeper = Timekeeper(self.store, {CHECK_IN_DUE: self.subscriptions.notice_check_in})

    def hear(self, *events: RequestEvent) -> None:
        """Let dispatch hear these events, each in a delivery of its own."""
        for heard in events:
            self.deliver(envelope(heard, self.clock.now()))

    def deliver(self, message: Envelope) -> None:
        """Let dispatch hear one message."""

        def handle(work: UnitOfWork) -> None:
            with work.caused_by(message):
                self.subscriptions.follow_request(work, message)

        self.do(handle)

    def do(self, command: Callable[[UnitOfWork], T]) -> T:
        """Run a command in a transaction."""
        return self.store.transact(self.context, command)

    def wait(self, seconds: float) -> None:
        """Let time pass, and every timer that comes due fire once it is over."""
        self.clock.advance(timedelta(seconds=seconds))
        while self.keeper.fire_due():
            pass

    def report(
        self,
        job: Job,
        *statuses: JobStatus,
        caller: Caller | None = None,
        occurred_at: datetime | None = None,
        reason: str = "",
    ) -> Job:
        """Report these statuses one after the other; return the job after the last."""
        who = caller or provider(job.provider_id)
        for status in statuses:
            self.do(
                partial(
                    report_status,
                    caller=who,
                    job_id=job.job_id,
                    status=status,
                    occurred_at=occurred_at,
                    reason=reason,
                )
            )
        return self.job(job.job_id)

    def jobs(self) -> list[Job]:
        """Return all jobs."""
        with self.store.read() as connection:
            return queries.list_jobs(connection, OPERATOR, limit=1000)

    def job(self, job_id: JobId) -> Job:
        """Return one job."""
        with self.store.read() as connection:
            return JOBS.get(connection, job_id)

    def open_job(self, *assignments: Assignment) -> Job:
        """Confirm a request and return its first job."""
        self.hear(confirmed(*assignments))
        return self.jobs()[0]

    def timeline(self, job: Job) -> list[TimelineEntry]:
        """Return the job's timeline."""
        with self.store.read() as connection:
            return queries.list_timeline(connection, OPERATOR, job.job_id, limit=1000)

    def said(self) -> list[Event]:
        """Return all events in the outbox, each read back from the wire."""
        return [message.event for message in self.messages()]

    def said_of(self, kind: type[T]) -> list[T]:
        """Return the events of one type."""
        return [said for said in self.said() if isinstance(said, kind)]

    def messages(self) -> list[Envelope]:
        """Return all envelopes in the outbox."""
        outbox = metadata.tables["outbox_messages"]
        with self.store.read() as connection:
            bodies = connection.execute(select(outbox.c.body).order_by(outbox.c.sequence))
            return [parse(body) for body in bodies.scalars()]

    def timers(self) -> list[datetime]:
        """Return when the waiting timers are due."""
        timers = metadata.tables["timers"]
        with self.store.read() as connection:
            return list(connection.execute(select(timers.c.due_at)).scalars())

    def statements_of(self, act: Callable[[], object]) -> list[str]:
        """Return the SQL statements of one act."""
        seen: list[str] = []

        def note(*arguments: object) -> None:
            seen.append(str(arguments[2]))

        event.listen(self.store.engine, "before_cursor_execute", note)
        try:
            act()
        finally:
            event.remove(self.store.engine, "before_cursor_execute", note)
        return [statement for statement in seen if not statement.startswith("BEGIN")]
