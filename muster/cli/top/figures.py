"""The figures that all processes export, and how to read them as one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Exposition:
    """What one process answers at /metrics: samples by name."""

    samples: Mapping[str, tuple[tuple[Labels, float], ...]]

    def one(self, name: str) -> float | None:
        """Return a figure that has no labels."""
        found = self.samples.get(name)
        return found[0][1] if found else None


def read(text: str) -> Exposition:
    """Return the samples of a page of metrics. Raises ValueError if it is none."""
    samples: dict[str, list[tuple[Labels, float]]] = defaultdict(list)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            samples[sample.name].append((frozenset(sample.labels.items()), sample.value))
    return Exposition({name: tuple(found) for name, found in samples.items()})


class Figures:
    """The figures of all processes together. A name that nobody exports gives an empty answer."""

    def __init__(self, expositions: Iterable[Exposition]) -> None:
        self._expositions = tuple(expositions)

    def total(self, name: str, by: str, **where: str) -> dict[str, float]:
        """Return counters, which every process counts for itself: added up, by a label's value."""
        found: dict[str, float] = defaultdict(float)
        for exposition in self._expositions:
            for labels, value in exposition.samples.get(name, ()):
                if (key := _key(labels, by, where)) is not None:
                    found[key] += value
        return dict(found)

    def state(self, name: str, by: str, **where: str) -> dict[str, float]:
        """Return gauges of state, which several processes measure alike, by a label's value.

        Of each series the highest is taken; then those that differ in other labels are added up.
        """
        found: dict[str, float] = defaultdict(float)
        for labels, value in self._highest(name).items():
            if (key := _key(labels, by, where)) is not None:
                found[key] += value
        return dict(found)

    def highest(self, name: str, by: str) -> dict[str, float]:
        """Return the highest of each value of a label: for ages, which nobody adds up."""
        found: dict[str, float] = {}
        for labels, value in self._highest(name).items():
            if (key := _key(labels, by, {})) is not None:
                found[key] = max(value, found.get(key, value))
        return found

    def lowest(self, name: str, by: str) -> dict[str, float]:
        """Return the lowest of each value of a label: for what has to be up everywhere."""
        found: dict[str, float] = {}
        for exposition in self._expositions:
            for labels, value in exposition.samples.get(name, ()):
                if (key := _key(labels, by, {})) is not None:
                    found[key] = min(value, found.get(key, value))
        return found

    def number(self, name: str) -> float | None:
        """Return a gauge of state without labels, or all of it; None if nobody exports it."""
        series = self._highest(name)
        return sum(series.values()) if series else None

    def _highest(self, name: str) -> dict[Labels, float]:
        found: dict[Labels, float] = {}
        for exposition in self._expositions:
            for labels, value in exposition.samples.get(name, ()):
                found[labels] = max(value, found.get(labels, value))
        return found


def _key(labels: Labels, by: str, where: Mapping[str, str]) -> str | None:
    known = dict(labels)
    if any(known.get(label) != value for label, value in where.items()):
        return None
    return known.get(by)
