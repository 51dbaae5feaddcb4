"""A lifecycle is a table of allowed transitions; everything else is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from muster.contracts.vocabulary.errors import IllegalTransition
from muster.contracts.vocabulary.identifiers import OrganisationId

S = TypeVar("S", bound=StrEnum)


@dataclass(frozen=True)
class Actor:
    """Who acts: an API client or a timer, for which organisation, in which role."""

    name: str
    organisation_id: OrganisationId | None = None


@dataclass(frozen=True)
class Transition:
    """One step of one thing's life, as the record keeps it."""

    thing: str
    thing_id: str
    before: str
    after: str
    actor: Actor
    reason: str
    occurred_at: datetime
    recorded_at: datetime


@dataclass(frozen=True)
class Lifecycle(Generic[S]):
    """The allowed transitions of one kind of thing."""

    thing: str
    allowed: Mapping[S, frozenset[S]]

    def permits(self, current: S, wanted: S) -> bool:
        """Tell whether the table has this step."""
        return wanted in self.allowed[current]

    def check(self, current: S, wanted: S) -> None:
        """Pass silently, or raise IllegalTransition that names what is allowed."""
        if not self.permits(current, wanted):
            raise IllegalTransition(self.thing, current, wanted, self.allowed[current])

    def is_final(self, status: S) -> bool:
        """Tell whether nothing leads out of this state."""
        return not self.allowed[status]
