"""Local ports: found free once, then remembered, so that addresses outlive a restart."""

import random
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path

from muster.cli.errors import CannotRun
from muster.cli.files import read_json, write_private_json

# Below the range from which Linux takes the near end of outgoing connections (32768 and up):
# otherwise a client that reconnects to a stopped server could be given that server's port.
PICKED_FROM = range(20_000, 32_000)


class NoFreePort(CannotRun):
    """Every port that may be used is taken."""


def is_free(port: int) -> bool:
    """Say whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def is_open(port: int, timeout: float = 1.0) -> bool:
    """Say whether something answers on this port of 127.0.0.1."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout):
            return True
    except OSError:
        return False


def remembered_ports(
    file: Path, wanted: Iterable[str], preferred: dict[str, int]
) -> dict[str, int]:
    """Return a free port for each name: the one remembered, else the preferred or next, else any.

    Call it only while none of its servers runs: a port that is taken is given up for another.
    Raises NoFreePort.
    """
    before: dict[str, int] = read_json(file) or {}
    ports: dict[str, int] = {}
    for name in wanted:
        candidates = _candidates(before.get(name), preferred.get(name))
        taken = set(ports.values())
        port = next((p for p in candidates if p not in taken and is_free(p)), None)
        if port is None:
            raise NoFreePort(f"no port is free for {name}; end some server on this machine")
        ports[name] = port
    write_private_json(file, before | ports)
    return before | ports


def _candidates(remembered: int | None, preferred: int | None) -> Iterator[int]:
    if remembered is not None:
        yield remembered
    if preferred is not None:
        yield from range(preferred, preferred + 100)
    yield from random.sample(PICKED_FROM, 1_000)
