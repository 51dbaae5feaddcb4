"""Typed identifiers: a prefix that says what it names, and a UUIDv7 that sorts by time."""

from enum import StrEnum
from typing import NewType, Protocol

OrganisationId = NewType("OrganisationId", str)
AuthorisationId = NewType("AuthorisationId", str)
CapabilityId = NewType("CapabilityId", str)
ApiClientId = NewType("ApiClientId", str)
RequestId = NewType("RequestId", str)
NeedId = NewType("NeedId", str)
OfferId = NewType("OfferId", str)
BookingId = NewType("BookingId", str)
ReviewId = NewType("ReviewId", str)
FlagId = NewType("FlagId", str)
JobId = NewType("JobId", str)
IncidentId = NewType("IncidentId", str)
NotificationId = NewType("NotificationId", str)
WebhookId = NewType("WebhookId", str)
EventId = NewType("EventId", str)


class Prefix(StrEnum):
    """The prefix of each kind of identifier."""

    ORGANISATION = "org"
    AUTHORISATION = "aut"
    CAPABILITY = "cap"
    API_CLIENT = "cli"
    REQUEST = "req"
    NEED = "ned"
    OFFER = "off"
    BOOKING = "bkg"
    REVIEW = "rev"
    FLAG = "flg"
    JOB = "job"
    INCIDENT = "inc"
    NOTIFICATION = "ntf"
    WEBHOOK = "whk"
    EVENT = "evt"
    TIMER = "tmr"
    CORRELATION = "cor"
    RESTORATION = "rst"
    REPUBLICATION = "rep"
    TOKEN = "tok"  # noqa: S105 - a prefix, not a secret


class Ids(Protocol):
    """Where new identifiers come from; injected, so that a simulation can repeat itself."""

    def new(self, prefix: Prefix) -> str:
        """Return a fresh identifier such as ``req_0192f0c1…``, never returned before."""
        ...
