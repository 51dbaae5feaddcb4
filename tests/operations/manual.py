"""The operating manual as tests read it: its pages, and the commands that stand in them.

A block of commands that a test runs as it stands has a name, in a comment before it that no reader
sees: `<!-- run: back-up-postgresql -->`.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "operations"
_NAMED = re.compile(r"<!-- run: ([a-z-]+) -->\n```sh\n(.*?)```", re.DOTALL)
_ANY = re.compile(r"^ *```(?:sh|console)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)


def pages() -> list[Path]:
    """Return every page of the manual."""
    return sorted(PAGES.glob("*.md"))


def named_blocks() -> dict[str, str]:
    """Return the blocks that have a name, by it."""
    return {
        name: block for page in pages() for name, block in _NAMED.findall(page.read_text("utf-8"))
    }


def blocks(page: Path) -> Iterator[str]:
    """Yield each block of commands of a page."""
    yield from _ANY.findall(page.read_text("utf-8"))


def obey(
    name: str, home: Path, variables: Mapping[str, str], leaving_out: str | None = None
) -> None:
    """Type what a block says, in this directory; fail with what was printed if a command fails.

    What the manual says may be left out is the lines that begin with one command."""
    lines = named_blocks()[name].splitlines()
    typed = [line for line in lines if not leaving_out or line.split()[:1] != [leaving_out]]
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(typed)],
        cwd=home,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{name} failed:\n{done.stdout}"
