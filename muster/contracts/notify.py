"""What notify says: whether people could be told."""

from typing import ClassVar

from muster.contracts.event import Event
from muster.contracts.vocabulary.identifiers import NotificationId, OrganisationId


class NotificationFailed(Event):
    """Every attempt on a channel failed: an operator must tell them another way."""

    event_type: ClassVar[str] = "muster.notify.notification.failed.v1"
    about: ClassVar[str] = "notification_id"

    notification_id: NotificationId
    organisation_id: OrganisationId | None
    channel: str
    reason: str


EVENTS: tuple[type[Event], ...] = (NotificationFailed,)
