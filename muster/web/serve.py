"""Runs the application under uvicorn until it is told to stop."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import socket
from types import FrameType

import uvicorn
from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI

from muster.web.wiring import Wiring

THREADS = 16  # endpoints that run at once; more only wait for the database
MAX_CONNECTIONS = 1000  # live streams included; beyond that the answer is 503
DRAIN_SECONDS = 20


class _Server(uvicorn.Server):
    """Tells its port as soon as it listens, and the application when it has to end."""

    def __init__(
        self,
        config: uvicorn.Config,
        on_started: Callable[[int], None],
        on_stopping: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._on_started = on_started
        self._on_stopping = on_stopping

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start to listen."""
        current_default_thread_limiter().total_tokens = THREADS
        await super().startup(sockets)
        if self.started:
            self._on_started(self.servers[0].sockets[0].getsockname()[1])

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Take no more connections, let live streams end, and wait for what is under way."""
        self._on_stopping()
        await super().shutdown(sockets)


def serve(
    app: FastAPI,
    host: str,
    port: int,
    on_started: Callable[[int], None],
    *,
    drain_seconds: float = DRAIN_SECONDS,
) -> None:
    """Serve until SIGTERM or SIGINT; requests under way may end first, for `drain_seconds`.

    `on_started` gets the port (which matters for port 0) once connections are taken. To be
    called from the main thread.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=max(1, round(drain_seconds)),
    )
    wiring: Wiring = app.state.wiring
    with _signals_end_quietly():
        _Server(config, on_started, wiring.stopping.set).run()


@contextmanager
def _signals_end_quietly() -> Iterator[None]:
    """Let a stop that was asked for be a success: uvicorn raises its signal again at the end."""

    def ignore(_number: int, _frame: FrameType | None) -> None:
        return

    before = {number: signal.signal(number, ignore) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
