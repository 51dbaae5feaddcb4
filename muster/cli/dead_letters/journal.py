"""The journal of discarded dead letters: who threw what away, when and why, with all of it.

One line of JSON for each, appended and on the disk before the letter is taken out of its queue. So
nothing goes without a trace; a crash in between leaves a line too many, never one too few.
"""

import fcntl
import getpass
import json
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from muster.cli.dead_letters.content import whole
from muster.cli.errors import CannotRun
from muster.cli.files import private_directory
from muster.messaging.letters import DeadLetter

NAME = "discarded-dead-letters.jsonl"


@dataclass(frozen=True)
class Journal:
    """A file that only ever grows, and that only its owner may read."""

    path: Path

    def write(
        self, letters: Sequence[DeadLetter], reason: str, who: str, discarded_at: datetime
    ) -> None:
        """Append a line for each letter; when this returns, they are on the disk."""
        lines = [
            json.dumps(
                {
                    "discarded_at": discarded_at.isoformat(),
                    "discarded_by": who,
                    "reason": reason,
                    "letter": whole(letter),
                }
            )
            for letter in letters
        ]
        try:
            self._append("".join(f"{line}\n" for line in lines).encode())
        except OSError as error:
            raise CannotRun(
                f"The journal {self.path} cannot be written ({error.strerror}), so nothing was "
                "discarded. Make room or choose another place with --journal."
            ) from error

    def _append(self, lines: bytes) -> None:
        private_directory(self.path.parent)
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            size = file.seek(0, os.SEEK_END)
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                lines = b"\n" + lines  # the end of a line that a crash has cut
            written = 0
            while written < len(lines):
                written += os.write(descriptor, lines[written:])
            os.fsync(descriptor)
        directory = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)  # a new file's name is on the disk only then
        finally:
            os.close(directory)


def current_user() -> str:
    """Return who runs this command, as far as the machine knows."""
    try:
        user = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # no such user, as in some containers
        user = f"uid {os.getuid()}"
    return f"{user}@{socket.gethostname()}"
