"""Runs services in nameko's ServiceRunner, not monkey-patched, until told to stop."""

from collections.abc import Callable, Sequence

import eventlet
from nameko.runners import ServiceRunner

from muster.service.platform import Platform

LOOK_EVERY = 0.1  # seconds between looks at whether to stop


def run_services(
    classes: Sequence[type], platform: Platform, asked_to_stop: Callable[[], bool]
) -> None:
    """Serve until asked to stop, then drain: batches in hand are finished and acked.

    If a part of a service dies of an error nobody foresaw, all services are stopped and the error
    is raised: whoever started the process is to see it end, and start it again.
    """
    runner = ServiceRunner({Platform.CONFIG_KEY: platform})
    for service_class in classes:
        runner.add_service(service_class)
    runner.start()
    ending = eventlet.spawn(runner.wait)  # returns when all have stopped, raises when one died
    while not (asked_to_stop() or ending.dead):
        platform.condition.pulse()
        eventlet.sleep(LOOK_EVERY)
    if not ending.dead:
        runner.stop()
    ending.wait()
