"""Who acts and in which chain of cause and effect; travels from request to event to effect."""

from dataclasses import dataclass

from muster.contracts.vocabulary.lifecycle import Actor


@dataclass(frozen=True)
class Context:
    """The circumstances of one unit of work.

    `correlation_id` is shared by everything one outside act set off; `causation_id` is the event
    that directly caused this unit (None for an outside act); `tenant` is the organisation whose
    affair it is; `traceparent` is the W3C trace context, if any.
    """

    actor: Actor
    correlation_id: str
    causation_id: str | None = None
    tenant: str | None = None
    traceparent: str | None = None
