"""What an enterprise attaches to a request: conditions, and whom to protect."""

from dataclasses import dataclass

from muster.contracts.vocabulary.kinds import TrafficLight
from muster.contracts.vocabulary.values import Money


@dataclass(frozen=True)
class Terms:
    """The conditions of a request."""

    budget: Money | None = None
    confidentiality: TrafficLight = TrafficLight.AMBER_STRICT
    auto_approve: bool = False
    all_or_nothing: bool = False
    check_in_interval_seconds: int = 3600


@dataclass(frozen=True)
class Principal:
    """Whom or what to protect. A provider learns it only by commitment."""

    name: str
    contact: str = ""
    instructions: str = ""
