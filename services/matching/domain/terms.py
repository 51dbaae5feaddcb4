"""What an enterprise attaches to a request: conditions, and whom to protect."""

from dataclasses import dataclass
from datetime import datetime

from muster.contracts.vocabulary.kinds import IcocaClass, TrafficLight
from muster.contracts.vocabulary.values import Money


@dataclass(frozen=True)
class Terms:
    """The conditions of a request."""

    budget: Money | None = None
    confidentiality: TrafficLight = TrafficLight.AMBER_STRICT
    auto_approve: bool = False
    all_or_nothing: bool = False
    check_in_interval_seconds: int = 3600
    minimum_icoca_class: IcocaClass | None = None
    liability_cover: Money | None = None
    designated_key_unit: bool = False


@dataclass(frozen=True)
class HostStateProtection:
    """A record that the host state cannot protect: which authority was asked, and its answer.

    UN guidelines on armed private security: the last resort, only if host and other states cannot.
    """

    asked: str
    answer: str
    established_at: datetime


@dataclass(frozen=True)
class Principal:
    """Whom or what to protect. A provider learns it only by commitment."""

    name: str
    contact: str = ""
    instructions: str = ""
