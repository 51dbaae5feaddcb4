"""What every event has in common: it happened, it has a name on the wire, it is about one thing."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

TYPE_PREFIX = "muster."


class Contract(BaseModel):
    """Base of all published models: immutable, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Event(Contract):
    """A fact of the past, published under a versioned type.

    `event_type` is ``muster.<owner>.<noun>.<participle>.v<N>``; `about` names the field that holds
    the id of the aggregate the event is about, which becomes the CloudEvents subject.
    """

    event_type: ClassVar[str]
    about: ClassVar[str]

    @property
    def subject(self) -> str:
        """Return the id of the aggregate this event is about."""
        return str(getattr(self, self.about))

    @classmethod
    def owner(cls) -> str:
        """Return the service that says this event."""
        return owner_of(cls.event_type)

    @classmethod
    def routing_key(cls) -> str:
        """Return the type without its prefix."""
        return cls.event_type.removeprefix(TYPE_PREFIX)


def owner_of(event_type: str) -> str:
    """Return the service that says events of a type, whether the catalogue has it or not."""
    return event_type.split(".")[1]
