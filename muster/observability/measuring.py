"""What a metric of ours is: a Prometheus metric, and what has to be known of it to be read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Generic, TypeVar

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

API, WORKER, RELAY = "api", "worker", "relay"

FORESEEN = 200  # series of one metric that are there from the start; more are there when needed


@dataclass(frozen=True)
class Label:
    """A label: all the values it can have, or else what bounds them. Never an id."""

    name: str
    values: tuple[str, ...] = ()
    bound: str = ""


M = TypeVar("M", bound=MetricWrapperBase)


class Metric(Generic[M]):
    """A metric with its documentation.

    `by` says which processes export it, `of` for which services (none: all), `when` it moves.
    It keeps what it has made for each set of labels: looking that up costs more than counting.
    """

    def __init__(
        self,
        metric: M,
        name: str,
        meaning: str,
        labels: Sequence[Label],
        by: Sequence[str],
        when: str,
        of: Sequence[str] = (),
    ) -> None:
        self.kind = type(metric).__name__.lower()
        self.name = name
        self.meaning = meaning
        self.label_names = _names(labels)
        self.with_labels = tuple(labels)
        self.by = tuple(by)
        self.when = when
        self.of = tuple(of)
        self._metric = metric
        self._children: dict[tuple[str, ...], M] = {}

    def labels(self, *values: str) -> M:
        """Return what to count, set or observe for these labels, in their order."""
        child = self._children.get(values)
        if child is None:
            made = self._metric.labels(*values) if self.label_names else self._metric
            child = self._children.setdefault(values, made)
        return child

    def foresee(self, process: str, services: Sequence[str]) -> None:
        """Have all series from the start that this process can export, if they can be listed.

        So the first event of a kind is seen as one more, and not as a series that begins at one. A
        gauge has none before it is measured: 0 would be a claim.
        """
        mine = process in self.by and (not self.of or set(self.of) & set(services))
        if mine and self.kind != "gauge":
            self.have_all(services)

    def have_all(self, services: Sequence[str] = ()) -> None:
        """Have every series that its labels can make, if they can be listed."""
        several = [
            tuple(services) if label.name == "service" else label.values
            for label in self.with_labels
        ]
        if all(several) and prod(map(len, several)) <= FORESEEN:
            for values in product(*several):
                self.labels(*values)

    def known(self) -> Iterator[tuple[tuple[str, ...], M]]:
        """Yield the values of the labels of each series there is, with what stands behind it."""
        yield from tuple(self._children.items())


def counter(
    name: str,
    meaning: str,
    labels: Sequence[Label],
    by: Sequence[str],
    when: str,
    of: Sequence[str] = (),
) -> Metric[Counter]:
    """Return a counter: it only rises, and begins anew with its process."""
    return Metric(Counter(name, meaning, _names(labels)), name, meaning, labels, by, when, of)


def gauge(
    name: str,
    meaning: str,
    labels: Sequence[Label],
    by: Sequence[str],
    when: str,
    of: Sequence[str] = (),
) -> Metric[Gauge]:
    """Return a gauge: how it is now."""
    return Metric(Gauge(name, meaning, _names(labels)), name, meaning, labels, by, when, of)


def histogram(
    name: str,
    meaning: str,
    labels: Sequence[Label],
    by: Sequence[str],
    when: str,
    buckets: Sequence[float],
    of: Sequence[str] = (),
) -> Metric[Histogram]:
    """Return a histogram: how many were at most so much, for each bucket."""
    made = Histogram(name, meaning, _names(labels), buckets=buckets)
    return Metric(made, name, meaning, labels, by, when, of)


def set_all(metric: Metric[Gauge], found: Mapping[tuple[str, ...], float]) -> None:
    """Set a gauge to all that was found, and to 0 where there could be something and is nothing."""
    metric.have_all()
    for values in found:
        metric.labels(*values)
    for values, child in metric.known():
        child.set(found.get(values, 0))


def _names(labels: Sequence[Label]) -> tuple[str, ...]:
    return tuple(label.name for label in labels)
