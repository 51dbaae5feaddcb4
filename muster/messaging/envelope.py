"""CloudEvents 1.0 in structured JSON: how an event looks on the wire."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from muster.context import Context
from muster.contracts.catalogue import event_class
from muster.contracts.event import Event
from muster.contracts.vocabulary.errors import PermanentError
from muster.contracts.vocabulary.identifiers import EventId, OrganisationId
from muster.contracts.vocabulary.lifecycle import Actor

CONTENT_TYPE = "application/cloudevents+json"
# Within a text the quotes would be escaped; so it is ours, wherever it is found first.
_TRACEPARENT_IN, _TRACEPARENT_BYTES = b'"traceparent":"', 55
MAX_BYTES = 1_048_576  # a larger body is refused unread; CloudEvents asks to stay under 64 KiB


class UnreadableMessage(PermanentError):
    """The body is not an event of the catalogue; it belongs in the dead-letter queue."""


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid")

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: AwareDatetime
    datacontenttype: str
    correlationid: str
    causationid: str | None = None
    actor: str
    actororganisation: str | None = None
    tenant: str | None = None
    aggregateversion: int | None = None
    traceparent: str | None = None
    data: dict[str, Any]


@dataclass(frozen=True)
class Envelope:
    """An event with its circumstances."""

    id: EventId
    time: datetime
    event: Event
    context: Context
    aggregate_version: int | None = None

    def to_json(self) -> bytes:
        """Return the CloudEvents JSON form."""
        context = self.context
        attributes = {
            "specversion": "1.0",
            "id": self.id,
            "source": f"/{self.event.owner()}",
            "type": self.event.event_type,
            "subject": self.event.subject,
            "time": self.time,
            "datacontenttype": "application/json",
            "correlationid": context.correlation_id,
            "causationid": context.causation_id,
            "actor": context.actor.name,
            "actororganisation": context.actor.organisation_id,
            "tenant": context.tenant,
            "aggregateversion": self.aggregate_version,
            "traceparent": context.traceparent,
        }
        present = {name: value for name, value in attributes.items() if value is not None}
        return orjson.dumps({**present, "data": orjson.Fragment(self.event.model_dump_json())})

    def effect_context(self) -> Context:
        """Return the context of whatever this event causes."""
        return Context(
            actor=self.context.actor,
            correlation_id=self.context.correlation_id,
            causation_id=self.id,
            tenant=self.context.tenant,
            traceparent=self.context.traceparent,
        )


def traceparent_in(body: bytes) -> str | None:
    """Return the place in a trace that an event of ours carries, without reading all of it."""
    found = body.find(_TRACEPARENT_IN)
    if found < 0:
        return None
    start = found + len(_TRACEPARENT_IN)
    return body[start : start + _TRACEPARENT_BYTES].decode("ascii", "replace")


def parse(body: bytes) -> Envelope:
    """Return the envelope in a message body.

    Raises UnreadableMessage, with the reason, for anything that is not a valid event.
    """
    if len(body) > MAX_BYTES:
        raise UnreadableMessage(f"the body has {len(body)} bytes; at most {MAX_BYTES} are read")
    try:
        wire = _Wire.model_validate_json(body)
        if wire.specversion != "1.0":
            raise UnreadableMessage(
                f"CloudEvents {wire.specversion!r} is not spoken here, only 1.0"
            )
        event = event_class(wire.type).model_validate(wire.data)
    except KeyError as error:
        raise UnreadableMessage(f"the catalogue has no event type {error}") from error
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors()[:5]
        )
        raise UnreadableMessage(f"not a valid event: {places}") from error
    organisation = wire.actororganisation
    return Envelope(
        id=EventId(wire.id),
        time=wire.time,
        event=event,
        context=Context(
            actor=Actor(wire.actor, OrganisationId(organisation) if organisation else None),
            correlation_id=wire.correlationid,
            causation_id=wire.causationid,
            tenant=wire.tenant,
            traceparent=wire.traceparent,
        ),
        aggregate_version=wire.aggregateversion,
    )
