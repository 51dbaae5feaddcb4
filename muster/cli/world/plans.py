"""What the simulated alliance intends to send: bodies for the public API, and who sends them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

Body = dict[str, object]


@dataclass(frozen=True)
class MemberPlan:
    """An organisation that will apply, and the papers and capabilities it will bring."""

    number: int
    role: str
    home_country: str
    organisation: Body
    authorisations: tuple[Body, ...] = ()
    capabilities: tuple[Body, ...] = ()


class Submission(Protocol):
    """A request that an enterprise will submit."""

    @property
    def number(self) -> int:
        """Return its place in the order of submission."""
        ...

    @property
    def enterprise(self) -> int:
        """Return which of the enterprises submits it."""
        ...

    @property
    def cancel_after_seconds(self) -> float | None:
        """Return when the enterprise will call it off, if it will."""
        ...

    def body_at(self, now: datetime) -> Body:
        """Return the whole body for a submission at this instant."""
        ...


@dataclass(frozen=True)
class RequestPlan:
    """One request that an enterprise will submit, and how its user will behave afterwards.

    The window is relative, because a request is about the time at which it is made.
    """

    number: int
    enterprise: int  # index among the enterprises
    body: Body  # everything but times
    starts_in: timedelta
    lasts: timedelta
    cancel_after_seconds: float | None = None
    host_state_protection: Body | None = None  # that the host state cannot protect

    def body_at(self, now: datetime) -> Body:
        """Return the whole body for a request that is submitted at this instant."""
        starts_at = now + self.starts_in
        return {
            **self.body,
            "window": window(starts_at, starts_at + self.lasts),
            **protection_record(self.host_state_protection, now),
        }


@dataclass(frozen=True)
class WorldPlan:
    """A whole alliance and what will be asked of it."""

    providers: tuple[MemberPlan, ...]
    enterprises: tuple[MemberPlan, ...]
    requests: tuple[RequestPlan, ...] = field(default=())
    conflicts: tuple[tuple[MemberPlan, MemberPlan], ...] = ()  # who declares one, and with whom

    @property
    def members(self) -> Sequence[MemberPlan]:
        """Return everyone who will join."""
        return (*self.providers, *self.enterprises)

    @property
    def capability_count(self) -> int:
        """Return how many capabilities will be published."""
        return sum(len(member.capabilities) for member in self.providers)


def window(starts_at: datetime, ends_at: datetime) -> Body:
    """Return a window as the API reads it."""
    return {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}


def protection_record(record: Body | None, now: datetime) -> Body:
    """Return the part of a request that says the host state cannot protect, asked of late."""
    if record is None:
        return {}
    established_at = (now - timedelta(hours=6)).isoformat()
    return {"host_state_protection": {**record, "established_at": established_at}}


def dollars(amount: int) -> Body:
    """Return whole US dollars as money in minor units."""
    return {"minor_units": amount * 100, "currency": "USD"}


def place(country: str, name: str, latitude: float, longitude: float) -> Body:
    """Return a place as the API reads it."""
    return {
        "country": country,
        "position": {"latitude": latitude, "longitude": longitude},
        "name": name,
    }


def text(body: Mapping[str, object], key: str) -> str:
    """Return a field that the API promises to be text."""
    return str(body[key])
