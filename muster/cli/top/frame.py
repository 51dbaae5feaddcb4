"""One look at everything, and what can be known of it only by comparing with the look before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from muster.cli.top.figures import Exposition, Figures
from muster.messaging.questions import Depth


@dataclass(frozen=True)
class Seen:
    """One process as it was seen: why it is not ready, if it is not, and what it exports."""

    name: str
    trouble: str | None
    exposition: Exposition | None = None


@dataclass(frozen=True)
class Alert:
    """Something an operator is to look at."""

    name: str
    severity: str
    summary: str
    since: datetime | None = None
    runbook: str = ""  # what to do


@dataclass(frozen=True)
class Frame:
    """All that was seen at one moment. Whatever is away is missing, with the reason."""

    at: datetime
    processes: tuple[Seen, ...]
    broker: Seen | None = None  # RabbitMQ by its own metrics
    queues: Mapping[str, Depth | None] = field(default_factory=dict)
    broker_trouble: str | None = None
    pages: tuple[Alert, ...] | None = None  # what Prometheus says; None: it was not asked
    pages_trouble: str | None = None

    @property
    def figures(self) -> Figures:
        """Return what all processes export, as one."""
        return Figures(each.exposition for each in self.processes if each.exposition is not None)

    def seen(self, name: str) -> Seen | None:
        """Return one process; the broker's, too."""
        every = (*self.processes, self.broker)
        return next((each for each in every if each is not None and each.name == name), None)
