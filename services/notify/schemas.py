"""What notify takes and gives over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field
from sqlalchemy import Row

from muster.contracts.event import Contract
from muster.contracts.vocabulary.identifiers import OrganisationId
from services.notify.domain.audience import CHECK_IN_MISSED, INCIDENT_REPORTED, OPERATORS
from services.notify.domain.delivery import Channel, NotificationStatus
from services.notify.domain.endpoint import Endpoint, EndpointStatus
from services.notify.domain.preferences import MAILED_TYPES, MailChoice, Preferences
from services.notify.use_cases.register_webhook import NewWebhook

EventType = Annotated[str, Field(max_length=128, examples=["muster.matching.offer.sent.v1"])]

ALWAYS_SENT = {
    CHECK_IN_MISSED: "a team that does not answer may be in danger",
    INCIDENT_REPORTED: "of severity extreme: lives may be at risk",
}


class NotificationView(Contract):
    """One thing that somebody was, or is to be, told through one channel."""

    notification_id: str
    organisation_id: OrganisationId | None = Field(description="Null: the operators.")
    event_id: str
    event_type: str
    subject: str = Field(description="The id of what the event is about.")
    channel: Channel
    target: str = Field(description="The mailbox (operations, emergency), or the webhook's id.")
    title: str
    status: NotificationStatus
    attempts: int
    created_at: datetime
    due_at: datetime | None = Field(description="When it is tried next; null when it is settled.")
    settled_at: datetime | None

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """Show a row."""
        return cls(**_notification(row))


class AttemptView(Contract):
    """One line of the ledger."""

    number: int
    at: datetime
    outcome: str
    detail: str


class NotificationDetail(NotificationView):
    """A notification with everything that was tried."""

    ledger: tuple[AttemptView, ...]

    @classmethod
    def with_ledger(cls, row: Row[Any], ledger: Sequence[Row[Any]]) -> Self:
        """Show a row and its attempts."""
        lines = tuple(
            AttemptView(number=it.number, at=it.at, outcome=it.outcome, detail=it.detail)
            for it in ledger
        )
        return cls(**_notification(row), ledger=lines)


class RegisterWebhook(Contract):
    """Where to post events, and which (none named: all you may see)."""

    url: Annotated[str, Field(min_length=1, max_length=2000, examples=["https://example.com/in"])]
    event_types: Annotated[tuple[EventType, ...], Field(max_length=100)] = ()

    def wanted(self) -> NewWebhook:
        """Return what is asked for."""
        return NewWebhook(self.url, self.event_types)


class WebhookView(Contract):
    """A webhook. One that is disabled gets nothing; delete it and register it anew."""

    webhook_id: str
    organisation_id: OrganisationId | None
    url: str
    event_types: tuple[str, ...]
    status: EndpointStatus
    reason: str = Field(description="Why it is disabled.")
    created_at: datetime

    @classmethod
    def of(cls, endpoint: Endpoint) -> Self:
        """Show an endpoint, without its secret."""
        return cls(**_webhook(endpoint))


class RegisteredWebhook(WebhookView):
    """A new webhook, with the secret that its posts are signed with. It is shown only now."""

    secret: str

    @classmethod
    def of(cls, endpoint: Endpoint) -> Self:
        """Show a new endpoint with its secret."""
        return cls(**_webhook(endpoint), secret=endpoint.secret)


class SetPreferences(Contract):
    """All choices; an event type that is left out is on."""

    email: dict[EventType, MailChoice]


class PreferencesView(Contract):
    """For each event type that can come by e-mail, whether it does."""

    organisation_id: OrganisationId | None
    email: dict[str, MailChoice]
    always_sent: dict[str, str] = Field(description="What no choice silences, and why.")

    @classmethod
    def of(cls, preferences: Preferences) -> Self:
        """Show the choices, made or not."""
        return cls(
            organisation_id=_organisation(preferences.audience),
            email={name: preferences.choice(name) for name in MAILED_TYPES},
            always_sent=ALWAYS_SENT,
        )


def _organisation(audience: str) -> OrganisationId | None:
    return None if audience == OPERATORS else OrganisationId(audience)


def _notification(row: Row[Any]) -> dict[str, Any]:
    return {
        "notification_id": row.notification_id,
        "organisation_id": _organisation(row.audience),
        "event_id": row.event_id,
        "event_type": row.event_type,
        "subject": row.subject,
        "channel": Channel(row.channel),
        "target": row.target,
        "title": row.title,
        "status": NotificationStatus(row.status),
        "attempts": row.attempts,
        "created_at": row.created_at,
        "due_at": None if row.settled_at else row.due_at,
        "settled_at": row.settled_at,
    }


def _webhook(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "webhook_id": endpoint.webhook_id,
        "organisation_id": _organisation(endpoint.audience),
        "url": endpoint.url,
        "event_types": endpoint.event_types,
        "status": endpoint.status,
        "reason": endpoint.reason,
        "created_at": endpoint.created_at,
    }
