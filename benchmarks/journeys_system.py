"""A whole Muster of a benchmark's own, on SQLite or PostgreSQL, and what its processes consume."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from muster.cli.deployment import Options, load
from muster.cli.down import stop
from muster.cli.files import read_json
from muster.cli.supervise import Supervisor
from muster.cli.up import start
from muster.cli.world.system import System, running_system
from muster.contracts.catalogue import OWNERS
from muster.settings import Settings
from muster.web.tokens import TokenSigner
from tests.servers.postgres import session_cluster

STORES = ("sqlite", "postgresql")
POSTGRES = "postgres"
GENERATOR = "load"
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
# Nothing is to expire, and nothing is logged that a quiet system would not log.
_ENVIRONMENT = {"MUSTER_LOG_LEVEL": "WARNING"}


@dataclass(frozen=True)
class Bench:
    """A running system, and how to look into its processes."""

    directory: Path
    system: System
    store: str

    @property
    def settings(self) -> Settings:
        """Return the settings its processes run with."""
        return load(self.directory / "muster").settings()

    @property
    def signer(self) -> TokenSigner:
        """Return what signs tokens that its processes accept."""
        settings = self.settings
        assert settings.token_private_key_file is not None
        key = settings.token_private_key_file.read_bytes()
        return TokenSigner(key, settings.token_issuer, settings.token_lifetime_seconds)

    def cpu(self) -> dict[str, float]:
        """Return the processor seconds that each part has used since it was started."""
        return {
            part: sum(_seconds_of(pid) for pid in pids) for part, pids in self._processes().items()
        }

    def memory(self) -> dict[str, float]:
        """Return the resident MB of each part."""
        return {
            part: sum(_resident(pid) for pid in pids) / 1e6
            for part, pids in self._processes().items()
        }

    def stop(self) -> None:
        """Stop everything but a PostgreSQL; data stays."""
        stop(self.directory / "muster")

    def start(self) -> None:
        """Start it again, and return when it is ready."""
        start(_options(self.directory, self.store))

    def _processes(self) -> dict[str, list[int]]:
        children = _children()
        roots = dict(self.system.pids())
        if self.store == "postgresql":
            cluster = Supervisor(self.directory / POSTGRES).processes()
            roots[POSTGRES] = next(it.pid for it in cluster if it.name == POSTGRES)
        found = {part: _tree(pid, children) for part, pid in roots.items()}
        return {**found, GENERATOR: [os.getpid()]}


@contextmanager
def running(store: str) -> Iterator[Bench]:
    """Start a whole Muster on this kind of store; end it and remove its data afterwards."""
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as name:
        directory = Path(name)
        directory.chmod(0o711)  # PostgreSQL does not run as root and has to reach its own part
        try:
            start(_options(directory, store))
            system = running_system(directory / "muster")
            assert system is not None
            yield Bench(directory, system, store)
        finally:
            stop(directory / "muster")
            Supervisor(directory / POSTGRES).shut_down()


def _options(directory: Path, store: str) -> Options:
    if store == "sqlite":
        return Options(directory / "muster", environment=_ENVIRONMENT)
    cluster = session_cluster(directory)
    known = directory / "databases.json"
    if not known.exists():
        known.write_text(f'{{"url": "{cluster.fresh_databases(OWNERS)}"}}')
    found = read_json(known)
    assert found is not None
    return Options(directory / "muster", found["url"], environment=_ENVIRONMENT)


def _children() -> Mapping[int, list[int]]:
    found: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            found.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    return found


def _tree(root: int, children: Mapping[int, Iterable[int]]) -> list[int]:
    found = [root]
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def _seconds_of(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS  # its own, and that of children it has buried


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return 0
