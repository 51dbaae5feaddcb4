"""An api process of matching, and requests for protection posted to it."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx

from benchmarks import processor_time
from benchmarks.journeys_http import Http
from muster.access import Caller
from muster.cli.bootstrap import metadata_of
from muster.clock import RandomIds
from muster.contracts.vocabulary.identifiers import OrganisationId, Prefix
from muster.contracts.vocabulary.kinds import Role
from muster.storage.engine import open_engine
from muster.web.tokens import TokenSigner, generate_keypair
from tests.servers.postgres import Cluster

_AT_ONCE = 8
_PATIENCE_S = 60.0


class Api:
    """A running api process, with somebody who asks."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, token: str) -> None:
        self._process = process
        self._port = port
        self._token = token

    def cpu_seconds(self) -> float:
        """Return the processor time it has taken."""
        return processor_time.cpu_seconds(self._process.pid)

    def post(self, count: int) -> float:
        """Post so many requests, some at once; return how many seconds it took."""
        return asyncio.run(self._post(count))

    async def _post(self, count: int) -> float:
        http = Http("127.0.0.1", self._port, _AT_ONCE)
        body = _protection()
        started = time.monotonic()
        await asyncio.gather(
            *(http.post("/v1/requests", self._token, body, uuid4().hex) for _ in range(count))
        )
        seconds = time.monotonic() - started
        http.close()
        return seconds


@contextmanager
def running_api(cluster: Cluster, directory: Path, environment: Mapping[str, str]) -> Iterator[Api]:
    """Run an api process with a database of its own, until the end of the block."""
    directory.mkdir()
    private, public = generate_keypair()
    keys = directory / "token.pem", directory / "token.pub.pem"
    for file, key in zip(keys, (private, public), strict=True):
        file.write_bytes(key)
    url = cluster.fresh_databases(["matching"])
    engine = open_engine(url.format(service="matching"))
    metadata_of("matching").create_all(engine)
    engine.dispose()
    port = _free_port()
    with (directory / "api.log").open("wb") as log:
        process = subprocess.Popen(
            (sys.executable, "-m", "benchmarks.observability_program", "api"),
            env={
                **os.environ,
                "MUSTER_SERVICES": "matching",
                "MUSTER_DATABASE_URL": url,
                "MUSTER_HTTP_PORT": str(port),
                "MUSTER_TOKEN_PRIVATE_KEY_FILE": str(keys[0]),
                "MUSTER_TOKEN_PUBLIC_KEY_FILE": str(keys[1]),
                "MUSTER_LOG_LEVEL": "WARNING",
                **environment,
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _until_ready(port, directory / "api.log")
        caller = Caller(
            "cli_bench", Role.ENTERPRISE, OrganisationId(RandomIds().new(Prefix.ORGANISATION))
        )
        signer = TokenSigner(private, "muster", 3600)
        token = signer.sign(caller, now=datetime.now(UTC), token_id="tok_bench")
        yield Api(process, port, token.value)
    finally:
        process.terminate()
        process.wait()


def _until_ready(port: int, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"the api did not become ready:\n{log.read_text()[-3000:]}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _protection() -> dict[str, object]:
    start = datetime.now(UTC) + timedelta(days=3)
    return {
        "needs": [{"quantity": 2, "required": {"kind": "guards", "languages": ["ms"]}}],
        "place": {
            "country": "MY",
            "position": {"latitude": 3.14, "longitude": 101.69},
            "name": "Kuala Lumpur",
        },
        "window": {
            "starts_at": start.isoformat(),
            "ends_at": (start + timedelta(days=1)).isoformat(),
        },
        "principal": {"name": "Ms Sok"},
    }
