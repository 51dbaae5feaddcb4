"""Every event type of every owner, by its name on the wire."""

from muster.contracts import dispatch, matching, notify, registry
from muster.contracts.event import Event
from muster.contracts.restoration import SubscriptionRestored

OWNERS = ("registry", "matching", "dispatch", "notify")

EVENT_TYPES: dict[str, type[Event]] = {
    event.event_type: event
    for event in (*registry.EVENTS, *matching.EVENTS, *dispatch.EVENTS, *notify.EVENTS)
}

# By owner: how each service asks the others, and itself, for what a queue of its own missed.
RESTORATIONS: dict[str, type[SubscriptionRestored]] = {
    event.owner(): event
    for event in EVENT_TYPES.values()
    if issubclass(event, SubscriptionRestored)
}


def event_class(event_type: str) -> type[Event]:
    """Return the class of a wire type; raise KeyError for a type the catalogue does not have."""
    return EVENT_TYPES[event_type]
