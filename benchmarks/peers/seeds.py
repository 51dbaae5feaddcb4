"""What every peer is given: the events of a file, one JSON document a line."""

import json
from collections.abc import Iterator
from pathlib import Path


def events(arguments: list[str]) -> Iterator[dict]:
    """Yield the events of the file named on the command line."""
    with Path(arguments[1]).open() as lines:
        yield from map(json.loads, lines)
