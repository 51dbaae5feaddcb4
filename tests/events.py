"""Builders of events and envelopes for tests that do not care which event it is."""

from datetime import UTC, datetime

from muster.context import Context
from muster.contracts.event import Event
from muster.contracts.registry import AuthorisationExpired
from muster.contracts.vocabulary.identifiers import AuthorisationId, EventId, OrganisationId
from muster.contracts.vocabulary.lifecycle import Actor
from muster.messaging.envelope import Envelope
from muster.messaging.ports import OutboundMessage
from muster.messaging.topology import Subscription, Topology, events_exchange

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SOMEBODY = Context(Actor("a test"), correlation_id="cor_test")
PAPERS = Subscription("notify", "papers", (AuthorisationExpired,))
TOPOLOGY = Topology((PAPERS,))


def an_event(organisation: str = "org_1", reference: str = "L-1") -> Event:
    """Return some event about an organisation."""
    return AuthorisationExpired(
        organisation_id=OrganisationId(organisation),
        authorisation_id=AuthorisationId("aut_1"),
        reference=reference,
        expired_at=NOON,
    )


def an_envelope(number: int = 1, event: Event | None = None) -> Envelope:
    """Return some event in an envelope whose id holds the number."""
    return Envelope(EventId(f"evt_{number}"), NOON, event or an_event(), SOMEBODY, number)


def a_message(number: int = 1, body: bytes | None = None) -> OutboundMessage:
    """Return a message that the papers queue hears."""
    envelope = an_envelope(number)
    return OutboundMessage(
        exchange=events_exchange("registry"),
        routing_key=envelope.event.routing_key(),
        message_id=envelope.id,
        type=envelope.event.event_type,
        body=envelope.to_json() if body is None else body,
    )
