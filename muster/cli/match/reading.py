"""From a file to a scenario that fits together, or to all that is wrong with it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from muster.cli.match.document import read_document
from muster.cli.match.mistakes import Mistake, mistakes_of, refusal
from muster.cli.match.references import misfits
from muster.cli.match.scenario import BookingOnFile, Scenario
from services.matching.domain.capacity import peak_use


def read_scenario(path: Path) -> Scenario:
    """Return the scenario of a file; raise InputUnusable naming all that is wrong with it."""
    return scenario_of(read_document(path), str(path))


def scenario_of(document: Any, source: str) -> Scenario:
    """Return the scenario a document describes; raise InputUnusable."""
    mistakes = list(misfits(document))
    try:
        scenario = Scenario.model_validate(document)
    except ValidationError as error:
        raise refusal(source, [*mistakes, *mistakes_of(error, document, Scenario)]) from error
    mistakes += _overbooked(scenario)
    if mistakes:
        raise refusal(source, mistakes)
    return scenario


def _overbooked(scenario: Scenario) -> Iterator[Mistake]:
    capacities = {capability.id: capability.capacity for capability in scenario.capabilities}
    uses: dict[str, list[BookingOnFile]] = {}
    for booking in scenario.bookings:
        uses.setdefault(booking.capability_id, []).append(booking)
    for index, booking in enumerate(scenario.bookings):
        capacity = capacities.get(booking.capability_id, booking.quantity)
        taken = peak_use(uses[booking.capability_id], booking.window)
        if taken > capacity:
            problem = f"{taken} of {booking.capability_id!r} are taken at one time"
            yield Mistake(("bookings", index, "quantity"), problem, f"at most {capacity} at once")
