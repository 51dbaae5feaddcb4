"""What notify says: whether people could be told."""

from typing import ClassVar

from muster.contracts.event import Event
from muster.contracts.restoration import SubscriptionRestored
from muster.contracts.vocabulary.identifiers import NotificationId, OrganisationId


class NotificationFailed(Event):
    """Every attempt on a channel failed: an operator must tell them another way."""

    event_type: ClassVar[str] = "muster.notify.notification.failed.v1"
    about: ClassVar[str] = "notification_id"

    notification_id: NotificationId
    organisation_id: OrganisationId | None
    channel: str
    reason: str


class NotifySubscriptionRestored(SubscriptionRestored):
    """A queue of notify was made anew: what it may have missed is to be said once more."""

    event_type: ClassVar[str] = "muster.notify.subscription.restored.v1"


EVENTS: tuple[type[Event], ...] = (NotificationFailed, NotifySubscriptionRestored)
