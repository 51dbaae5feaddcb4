"""Seeing alerts come and go."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from muster.cli.deployment import Options
from muster.cli.up import start
from tests.prometheus.conftest import Watched
from tests.servers.prometheus import Prometheus
from tests.waiting import eventually

SOON, LATER = 60, 120  # seconds


def is_told(prometheus: Prometheus, *names: str, meanwhile: Callable[[], object] = bool) -> None:
    """Return once each of these alerts fires, with a summary and a description without gaps."""

    def all_fire() -> bool:
        meanwhile()
        return {each.name for each in prometheus.alerts() if each.state == "firing"} >= set(names)

    eventually(all_fire, within_s=SOON, every_s=0.5)
    for name in names:
        for alert in prometheus.firing(name):
            for said in (alert.annotations["summary"], alert.annotations["description"]):
                assert said
                assert "<no value>" not in said
                assert "error" not in said or "errors" in said


def is_over(prometheus: Prometheus, *names: str, meanwhile: Callable[[], object] = bool) -> None:
    """Return once none of these alerts fires any more."""

    def none_fires() -> bool:
        meanwhile()
        return not {each.name for each in prometheus.alerts()} & set(names)

    eventually(none_fires, within_s=LATER, every_s=0.5)


@contextmanager
def stopped(watched: Watched, name: str) -> Iterator[None]:
    """Keep a program of Muster's down until the context ends; then have all of it ready again."""
    watched.programs.stop_all([name])
    try:
        yield
    finally:
        start(Options(watched.directory))
