"""Deliveries, messages and topologies for the tests of this room."""

from typing import ClassVar

from muster.contracts.event import Event
from muster.messaging.ports import Delivery, OutboundMessage
from muster.messaging.topology import Subscription, Topology


class DoorOpened(Event):
    """An event of nobody's business."""

    event_type: ClassVar[str] = "muster.house.door.opened.v1"
    about: ClassVar[str] = "door"

    door: str


ALARM = Subscription("guard", "alarm", (DoorOpened,))
DIARY = Subscription("guard", "diary", (DoorOpened,))
HOUSE = Topology((ALARM, DIARY), owners=("house",))


def delivery(**changes: object) -> Delivery:
    """Return a delivery of the alarm's queue."""
    fields: dict[str, object] = {
        "queue": ALARM.queue,
        "tag": 1,
        "message_id": "evt_1",
        "body": b"{}",
        "type": DoorOpened.event_type,
        "correlation_id": "cor_1",
    }
    return Delivery(**{**fields, **changes})  # type: ignore[arg-type]


def message(number: int = 1, **changes: object) -> OutboundMessage:
    """Return the event that a door was opened."""
    fields: dict[str, object] = {
        "exchange": "house.events",
        "routing_key": DoorOpened.routing_key(),
        "message_id": f"evt_{number}",
        "type": DoorOpened.event_type,
        "body": b"{}",
    }
    return OutboundMessage(**{**fields, **changes})  # type: ignore[arg-type]
