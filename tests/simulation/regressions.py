"""The seeds that once showed a fault."""

from pathlib import Path

_FILE = Path(__file__).with_name("regressions.txt")


def regressions() -> dict[int, str]:
    """Return why each seed is kept."""
    lines = (line.partition("#")[0].strip() for line in _FILE.read_text().splitlines())
    parted = (line.partition(" ") for line in lines if line)
    return {int(seed): reason for seed, _, reason in parted}
