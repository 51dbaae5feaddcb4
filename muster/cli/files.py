"""Where a running Muster keeps its things: one private directory, `.muster` by default."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DEFAULT_DIRECTORY = Path(".muster")


def private_directory(path: Path) -> Path:
    """Make a directory that only its owner may enter; return its absolute path.

    One that exists stays as it is. Missing parents are made, too, but open to others.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path.resolve()


def write_private(path: Path, text: str) -> None:
    """Replace a file at once: readers see the old or the new, and only its owner may read it."""
    private_directory(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def write_private_json(path: Path, content: Any) -> None:
    """Write readable JSON that only its owner may read."""
    write_private(path, json.dumps(content, indent=2) + "\n")


@contextmanager
def one_at_a_time(directory: Path) -> Iterator[None]:
    """Keep other processes that ask for the same out meanwhile; they wait."""
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def read_json(path: Path) -> Any:
    """Return what a JSON file holds, or None if there is no such file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
