"""How an in-memory broker may misbehave."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Disturbance:
    """Chances and bounds of what may happen to a message on its way into a work queue."""

    duplicate_probability: float = 0.0
    reorder_probability: float = 0.0  # that it overtakes some that came before it
    max_delay_seconds: float = 0.0  # delays alone keep the order
    lost_confirm_probability: float = 0.0  # that it arrived, but its publisher never learns so


CALM = Disturbance()
