"""What an examination finds."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a finding is to be taken."""

    WELL = "well"
    NOTE = "note"  # good to know; nothing is wrong
    TROUBLE = "trouble"  # something has to be done
    UNKNOWN = "unknown"  # it could not be looked at


@dataclass(frozen=True)
class Finding:
    """One thing that was found; `todo` says what to do next where something is to be done."""

    level: Level
    what: str
    todo: str = ""


def well(what: str) -> Finding:
    """Return that this is as it should be."""
    return Finding(Level.WELL, what)


def note(what: str, todo: str = "") -> Finding:
    """Return something that is good to know."""
    return Finding(Level.NOTE, what, todo)


def trouble(what: str, todo: str) -> Finding:
    """Return something that has to be mended, and how."""
    return Finding(Level.TROUBLE, what, todo)


def unknown(what: str, todo: str = "") -> Finding:
    """Return something that could not be looked at, and why."""
    return Finding(Level.UNKNOWN, what, todo)
