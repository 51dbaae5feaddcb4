"""What metrics show, and how much they have risen: they outlive each test."""

from prometheus_client import REGISTRY

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def shown() -> Series:
    """Return every sample of this process."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
    }


def total(series: Series, name: str, **labels: str) -> float:
    """Return the sum of all series of a name that have these labels."""
    wanted = set(labels.items())
    return sum(value for (each, has), value in series.items() if each == name and wanted <= has)


class Rise:
    """How much counters have risen since this was made."""

    def __init__(self) -> None:
        self._before = shown()

    def of(self, name: str, **labels: str) -> float:
        """Return by how much all series of a name that have these labels have risen together."""
        return total(shown(), name, **labels) - total(self._before, name, **labels)
