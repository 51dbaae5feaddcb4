"""Runs services in nameko's ServiceRunner, not monkey-patched, until told to stop."""

import signal
from collections.abc import Sequence
from types import FrameType

import eventlet
from nameko.runners import ServiceRunner

from muster.service.platform import Platform


def run_services(classes: Sequence[type], platform: Platform) -> None:
    """Serve until SIGTERM or SIGINT, then drain: batches in hand are finished and acked."""
    asked_to_stop: list[int] = []

    def _stop(number: int, _frame: FrameType | None) -> None:
        asked_to_stop.append(number)

    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    runner = ServiceRunner({Platform.CONFIG_KEY: platform})
    for service_class in classes:
        runner.add_service(service_class)
    runner.start()
    while not asked_to_stop:
        eventlet.sleep(0.1)
    runner.stop()
