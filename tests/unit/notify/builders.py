"""Events and stores to test notify with."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from muster.clock import SimulatedClock
from muster.context import Context
from muster.contracts.catalogue import EVENT_TYPES, RESTORATIONS
from muster.contracts.dispatch import (
    CheckInMissed,
    CheckInReceived,
    IncidentReported,
    IncidentStatusChanged,
    JobDelayed,
    JobOpened,
    JobStatusChanged,
    PositionReported,
)
from muster.contracts.event import Event
from muster.contracts.matching import (
    Assignment,
    AssignmentCleared,
    AssignmentFlagged,
    Finding,
    NeedShortfall,
    OfferAccepted,
    OfferCommitted,
    OfferCountered,
    OfferDeclined,
    OfferExpired,
    OfferReleased,
    OfferSent,
    OfferWithdrawn,
    Principal,
    RequestCancelled,
    RequestClosed,
    RequestConfirmed,
    RequestExpired,
    RequestProposed,
    RequestServiceStarted,
    RequestSubmitted,
    RequestUnfilled,
    ReviewDecided,
    ReviewOpened,
    RulePackAdopted,
    Terms,
)
from muster.contracts.notify import NotificationFailed
from muster.contracts.registry import (
    AuthorisationExpired,
    CapabilityChanged,
    EnterpriseChanged,
    ProviderChanged,
)
from muster.contracts.vocabulary.attributes import GuardAttributes, GuardRequirement
from muster.contracts.vocabulary.identifiers import (
    AuthorisationId,
    BookingId,
    CapabilityId,
    EventId,
    IncidentId,
    JobId,
    NeedId,
    NotificationId,
    OfferId,
    OrganisationId,
    RequestId,
    ReviewId,
)
from muster.contracts.vocabulary.kinds import CapabilityKind, PriceUnit, Role, Urgency
from muster.contracts.vocabulary.lifecycle import Actor
from muster.contracts.vocabulary.statuses import (
    CapabilityStatus,
    IncidentSeverity,
    IncidentStatus,
    JobStatus,
    MemberStatus,
    OfferStatus,
    RequestStatus,
    ReviewStatus,
)
from muster.contracts.vocabulary.values import Coverage, Money, Place, Position, Price, Window
from muster.messaging.envelope import Envelope
from muster.storage.store import Store
from services.notify.tables import metadata
from services.notify.use_cases.announce import announce
from services.notify.use_cases.project_member import project_member
from services.notify.wording import wording
from tests.stores import START, memory_store

ENTERPRISE = OrganisationId("org_enterprise")
PROVIDER = OrganisationId("org_provider")
STRANGER = OrganisationId("org_stranger")
OPERATOR_EMAIL = "watch@alliance.test"
PRINCIPAL = Principal(name="Mrs Very Secret", contact="+855 12 345", instructions="back door")

CONTEXT = Context(Actor("test"), correlation_id="cor_test")
_PHNOM_PENH = Place("KH", Position(11.56, 104.92), "Phnom Penh")
_WINDOW = Window(START + timedelta(days=1), START + timedelta(days=2))
_PRICE = Price(Money(12_000, "USD"), PriceUnit.DAY)
_numbers = count(1)


def store_of_notify(clock: SimulatedClock | None = None) -> Store:
    """Return an empty store of notify, in memory."""
    return memory_store("notify", metadata, clock)


def envelope_of(event: Event, event_id: str | None = None) -> Envelope:
    """Wrap an event as if it had just come in."""
    identifier = EventId(event_id or f"evt_{next(_numbers):06d}")
    return Envelope(identifier, START, event, CONTEXT)


def tell(store: Store, *events: Event | Envelope) -> list[Envelope]:
    """Announce these events in one batch, as the queue's handler does."""
    envelopes = [it if isinstance(it, Envelope) else envelope_of(it) for it in events]
    store.transact(CONTEXT, lambda work: announce(work, envelopes, wording()))
    return envelopes


def known(store: Store, *snapshots: ProviderChanged | EnterpriseChanged) -> None:
    """Let notify know these members."""
    for snapshot in snapshots:
        store.transact(CONTEXT, lambda work, it=snapshot: project_member(work, it))  # type: ignore[misc]


def rows_of(store: Store, table: Table) -> Sequence[Row[Any]]:
    """Return everything in a table."""

    def everything(connection: Connection) -> Sequence[Row[Any]]:
        return connection.execute(select(table)).all()

    with store.read() as connection:
        return everything(connection)


def snapshot(
    organisation_id: OrganisationId = ENTERPRISE,
    version: int = 1,
    status: MemberStatus = MemberStatus.ACTIVE,
    **changes: Any,
) -> EnterpriseChanged:
    """Return what the registry says of a member; its mailboxes bear its id."""
    name = organisation_id.removeprefix("org_")
    values: dict[str, Any] = {
        "organisation_id": organisation_id,
        "version": version,
        "name": name,
        "home_country": "SG",
        "roles": frozenset({Role.ENTERPRISE}),
        "status": status,
        "operations_email": f"operations@{name}.test",
        "emergency_email": f"emergency@{name}.test",
    }
    return EnterpriseChanged(**{**values, **changes})


def _request(**more: Any) -> dict[str, Any]:
    return {
        "request_id": RequestId("req_1"),
        "enterprise_id": ENTERPRISE,
        "status": RequestStatus.SOURCING,
        **more,
    }


def _offer(**more: Any) -> dict[str, Any]:
    return {
        "offer_id": OfferId("off_1"),
        "request_id": RequestId("req_1"),
        "need_id": NeedId("ned_1"),
        "enterprise_id": ENTERPRISE,
        "provider_id": PROVIDER,
        "capability_id": CapabilityId("cap_1"),
        "kind": CapabilityKind.GUARDS,
        "quantity": 4,
        "status": OfferStatus.SENT,
        **more,
    }


def _job(**more: Any) -> dict[str, Any]:
    return {
        "job_id": JobId("job_1"),
        "request_id": RequestId("req_1"),
        "enterprise_id": ENTERPRISE,
        "provider_id": PROVIDER,
        **more,
    }


def _assignments() -> tuple[Assignment, ...]:
    return (
        Assignment(
            offer_id=OfferId("off_1"),
            booking_id=BookingId("bkg_1"),
            need_id=NeedId("ned_1"),
            kind=CapabilityKind.GUARDS,
            provider_id=PROVIDER,
            capability_id=CapabilityId("cap_1"),
            capability_name="Night watch",
            quantity=4,
            price=_PRICE,
        ),
    )


def offer_sent(**changes: Any) -> OfferSent:
    """Return an offer to the provider."""
    details = {
        "requirement": GuardRequirement("guards"),
        "urgency": Urgency.PLANNED,
        "place": _PHNOM_PENH,
        "window": _WINDOW,
        "price": _PRICE,
        "expires_at": START + timedelta(hours=1),
    }
    return OfferSent(**_offer(**details, **changes))


def request_confirmed() -> RequestConfirmed:
    """Return a confirmation, which carries the principal."""
    return RequestConfirmed(
        **_request(
            urgency=Urgency.PLANNED,
            place=_PHNOM_PENH,
            window=_WINDOW,
            terms=Terms(),
            principal=PRINCIPAL,
            assignments=_assignments(),
        )
    )


def incident(
    severity: IncidentSeverity = IncidentSeverity.SEVERE, **changes: Any
) -> IncidentReported:
    """Return a report of an incident."""
    details = {
        "incident_id": IncidentId("inc_1"),
        "severity": severity,
        "sos": severity is IncidentSeverity.EXTREME,
        "summary": "shots heard near the gate",
        "position": _PHNOM_PENH.position,
        "occurred_at": START,
        **changes,
    }
    return IncidentReported(**_job(**details))


def check_in_missed(missed: int = 1) -> CheckInMissed:
    """Return the news of so many missed check-ins in a row."""
    return CheckInMissed(**_job(due_at=START, missed=missed))


def job_status(status: JobStatus) -> JobStatusChanged:
    """Return the news that a job took this step."""
    return JobStatusChanged(
        **_job(
            version=3,
            before=JobStatus.IN_SERVICE,
            status=status,
            final=False,
            delayed=False,
            reason="",
            booking_ids=(),
            occurred_at=START,
        )
    )


def request_cancelled() -> RequestCancelled:
    """Return the news that a request was cancelled."""
    return RequestCancelled(**_request(reason="plans changed"))


def every_event() -> dict[str, Event]:
    """Return one event of every type of the catalogue, by type."""
    events: Iterable[Event] = (
        ProviderChanged(**snapshot(PROVIDER).model_dump()),
        snapshot(ENTERPRISE),
        _capability(),
        AuthorisationExpired(
            organisation_id=PROVIDER,
            authorisation_id=AuthorisationId("aut_1"),
            reference="KH-4711",
            expired_at=START,
        ),
        *_requests(),
        *_offers(),
        *_reviews(),
        *_jobs(),
        NotificationFailed(
            notification_id=NotificationId("ntf_1"),
            organisation_id=PROVIDER,
            channel="email",
            reason="550 no such mailbox",
        ),
        *(
            restored(queue="somebody.something", event_types=("muster.notify.any.v1",))
            for restored in RESTORATIONS.values()
        ),
    )
    found = {event.event_type: event for event in events}
    assert set(found) == set(EVENT_TYPES), "the builders lack an event of the catalogue"
    return found


def _capability() -> CapabilityChanged:
    return CapabilityChanged(
        capability_id=CapabilityId("cap_1"),
        version=1,
        provider_id=PROVIDER,
        name="Night watch",
        status=CapabilityStatus.PUBLISHED,
        attributes=GuardAttributes("guards"),
        capacity=8,
        base=_PHNOM_PENH,
        coverage=Coverage(frozenset({"KH"})),
        lead_time_minutes=60,
        price=_PRICE,
    )


def _requests() -> Iterable[Event]:
    shortfall = NeedShortfall(
        need_id=NeedId("ned_1"), kind=CapabilityKind.GUARDS, missing=2, reasons={"no_licence": 3}
    )
    return (
        RequestSubmitted(**_request(urgency=Urgency.URGENT, place=_PHNOM_PENH, window=_WINDOW)),
        RequestProposed(**_request(assignments=_assignments())),
        request_confirmed(),
        RequestServiceStarted(**_request()),
        RequestClosed(**_request()),
        request_cancelled(),
        RequestExpired(**_request(reason="not approved in time")),
        RequestUnfilled(**_request(shortfalls=(shortfall,))),
    )


def _offers() -> Iterable[Event]:
    return (
        offer_sent(),
        OfferAccepted(**_offer()),
        OfferDeclined(**_offer(reason="no staff")),
        OfferCountered(**_offer(price=_PRICE)),
        OfferExpired(**_offer()),
        OfferWithdrawn(**_offer(reason="request cancelled")),
        OfferCommitted(**_offer()),
        OfferReleased(**_offer(reason="request cancelled")),
    )


FACT = "their licence KH-4711 was revoked"
_FINDINGS = (Finding(rule="alliance.licence", fact=FACT, wanted="a verified licence"),)


def assignment_flagged() -> AssignmentFlagged:
    """Return the news that the provider no longer passes."""
    return AssignmentFlagged(
        request_id=RequestId("req_1"),
        enterprise_id=ENTERPRISE,
        provider_id=PROVIDER,
        version=1,
        findings=_FINDINGS,
        rule_pack="pack-2",
    )


def _reviews() -> Iterable[Event]:
    review: dict[str, Any] = {
        "review_id": ReviewId("rev_1"),
        "provider_id": PROVIDER,
        "country": "KH",
        "kind": CapabilityKind.GUARDS,
        "armed": True,
        "findings": _FINDINGS,
    }
    return (
        assignment_flagged(),
        AssignmentCleared(
            request_id=RequestId("req_1"),
            enterprise_id=ENTERPRISE,
            provider_id=PROVIDER,
            version=2,
            rule_pack="pack-2",
        ),
        ReviewOpened(**review, status=ReviewStatus.OPEN),
        ReviewDecided(**review, status=ReviewStatus.CLEARED, reason="asked the ministry"),
        RulePackAdopted(
            rule_pack="pack-2",
            previous="pack-1",
            requests_checked=7,
            assignments_flagged=1,
            offers_withdrawn=2,
        ),
    )


def _jobs() -> Iterable[Event]:
    return (
        JobOpened(**_job(booking_ids=(BookingId("bkg_1"),))),
        job_status(JobStatus.COMPLETED),
        JobDelayed(**_job(delayed=True, reason="flood")),
        PositionReported(**_job(position=_PHNOM_PENH.position, occurred_at=START)),
        CheckInReceived(**_job(occurred_at=START)),
        check_in_missed(2),
        incident(),
        IncidentStatusChanged(
            **_job(
                incident_id=IncidentId("inc_1"),
                before=IncidentStatus.REPORTED,
                status=IncidentStatus.TRIAGED,
                reason="",
            )
        ),
    )
