"""The timeline of a job: everything that was reported, however late."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from muster.contracts.vocabulary.identifiers import JobId
from muster.contracts.vocabulary.lifecycle import Actor

LATE_AFTER = timedelta(minutes=5)


class EntryKind(StrEnum):
    """What an entry tells of."""

    STATUS = "status"
    POSITION = "position"
    CHECK_IN = "check_in"
    CHECK_IN_MISSED = "check_in_missed"
    INCIDENT = "incident"
    DELAY = "delay"
    FLAG = "flag"
    NOTE = "note"


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened, when it happened and when it became known.

    `detail` is plain JSON. `out_of_order` marks a report that was overtaken by a later one.
    """

    job_id: JobId
    kind: EntryKind
    actor: Actor
    occurred_at: datetime
    recorded_at: datetime
    detail: Mapping[str, object] = field(default_factory=dict)
    out_of_order: bool = False
    sequence: int = 0  # given by the store

    @property
    def late(self) -> bool:
        """Tell whether it became known long after it happened."""
        return self.recorded_at - self.occurred_at > LATE_AFTER
