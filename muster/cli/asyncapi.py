"""The AsyncAPI 3.0 description of every event, generated from the catalogue and the topology."""

from typing import Any

from pydantic.json_schema import models_json_schema

from muster.contracts.catalogue import EVENT_TYPES, OWNERS
from muster.contracts.event import Event
from muster.messaging.envelope import CONTENT_TYPE
from muster.messaging.topology import Subscription, Topology, events_exchange

REF = "#/components/schemas/{model}"

# The CloudEvents attributes every message carries beside its data.
ENVELOPE: dict[str, Any] = {
    "type": "object",
    "required": [
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "time",
        "datacontenttype",
        "correlationid",
        "actor",
        "data",
    ],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "description": "evt_ and a UUIDv7; the same on every redelivery"},
        "source": {"type": "string", "description": "/ and the owner"},
        "type": {"type": "string"},
        "subject": {"type": "string", "description": "id of the aggregate"},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "correlationid": {"type": "string"},
        "causationid": {"type": "string", "description": "id of the event that caused this one"},
        "actor": {"type": "string"},
        "actororganisation": {"type": "string"},
        "tenant": {"type": "string"},
        "aggregateversion": {"type": "integer", "minimum": 1},
        "traceparent": {"type": "string"},
        "data": {"type": "object"},
    },
}


def describe(topology: Topology) -> dict[str, Any]:
    """Return the AsyncAPI document: a channel per owner and per queue, a message per event."""
    _, definitions = models_json_schema(
        [(event, "serialization") for event in EVENT_TYPES.values()], ref_template=REF
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Muster events",
            "version": "1",
            "description": "CloudEvents 1.0 in structured JSON over AMQP 0-9-1.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {
            **{f"{owner}Events": _exchange(owner) for owner in OWNERS},
            **{_key(s): _queue(s) for s in topology.subscriptions},
        },
        "operations": {
            **{f"{owner}Says": _says(owner) for owner in OWNERS},
            **{f"{_key(s)}Hears": _hears(s) for s in topology.subscriptions},
        },
        "components": {
            "messages": {event.__name__: _message(event) for event in EVENT_TYPES.values()},
            "schemas": {"CloudEvent": ENVELOPE, **definitions["$defs"]},
        },
    }


def _key(subscription: Subscription) -> str:
    first, *rest = subscription.queue.replace(".", "-").split("-")
    return first + "".join(word.capitalize() for word in rest)


def _events_of(owner: str) -> list[type[Event]]:
    return [event for event in EVENT_TYPES.values() if event.owner() == owner]


def _messages(events: list[type[Event]]) -> dict[str, Any]:
    return {e.__name__: {"$ref": f"#/components/messages/{e.__name__}"} for e in events}


def _exchange(owner: str) -> dict[str, Any]:
    return {
        "address": events_exchange(owner),
        "messages": _messages(_events_of(owner)),
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {
                    "name": events_exchange(owner),
                    "type": "topic",
                    "durable": True,
                    "autoDelete": False,
                    "vhost": "/",
                },
            }
        },
    }


def _queue(subscription: Subscription) -> dict[str, Any]:
    return {
        "address": subscription.queue,
        "messages": _messages(list(subscription.events)),
        "bindings": {
            "amqp": {
                "is": "queue",
                "queue": {
                    "name": subscription.queue,
                    "durable": True,
                    "exclusive": False,
                    "autoDelete": False,
                    "vhost": "/",
                },
            }
        },
    }


def _says(owner: str) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{owner}Events"},
        "summary": f"What {owner} says.",
        "bindings": {"amqp": {"deliveryMode": 2, "mandatory": True}},
    }


def _hears(subscription: Subscription) -> dict[str, Any]:
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{_key(subscription)}"},
        "summary": f"What {subscription.service} hears in {subscription.name}.",
        "bindings": {"amqp": {"ack": True}},
    }


def _message(event: type[Event]) -> dict[str, Any]:
    return {
        "name": event.event_type,
        "title": event.__name__,
        "summary": " ".join((event.__doc__ or "").split()),
        "contentType": CONTENT_TYPE,
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/CloudEvent"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": event.event_type},
                        "data": {"$ref": REF.format(model=event.__name__)},
                    },
                },
            ]
        },
        "bindings": {"amqp": {"messageType": event.event_type}},
    }
