"""Every event type of every owner, by its name on the wire."""

from muster.contracts import dispatch, matching, notify, registry
from muster.contracts.event import Event

OWNERS = ("registry", "matching", "dispatch", "notify")

EVENT_TYPES: dict[str, type[Event]] = {
    event.event_type: event
    for event in (*registry.EVENTS, *matching.EVENTS, *dispatch.EVENTS, *notify.EVENTS)
}


def event_class(event_type: str) -> type[Event]:
    """Return the class of a wire type; raise KeyError for a type the catalogue does not have."""
    return EVENT_TYPES[event_type]
