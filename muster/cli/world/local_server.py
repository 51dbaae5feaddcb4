"""A small HTTP server of this process's own event loop, on a free port of loopback."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import cast

import uvicorn
from uvicorn._types import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGISendCallable,
    HTTPRequestEvent,
    HTTPScope,
    Scope,
)

Answer = tuple[int, bytes]
# Gets path, headers (lower-case names) and body.
Handler = Callable[[str, dict[str, str], bytes], Awaitable[Answer]]


class _Quiet(uvicorn.Server):
    """Leaves signals to the process it lives in."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def local_server(handler: Handler) -> AsyncIterator[str]:
    """Serve until the context ends; yields the base address."""
    config = uvicorn.Config(
        _application(handler), port=0, lifespan="off", log_config=None, access_log=False
    )
    server = _Quiet(config)
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:
            if serving.done():
                await serving
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        server.force_exit = True
        await serving


def _application(handler: Handler) -> ASGI3Application:
    async def application(
        scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        http = cast(HTTPScope, scope)
        headers = {name.decode(): value.decode() for name, value in http["headers"]}
        status, body = await handler(http["path"], headers, await _body(receive))
        answer_headers = [(b"content-type", b"application/json")]
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": answer_headers,
                "trailers": False,
            }
        )
        await send({"type": "http.response.body", "body": body, "more_body": False})

    return application


async def _body(receive: ASGIReceiveCallable) -> bytes:
    body, more = b"", True
    while more:
        event = cast(HTTPRequestEvent, await receive())
        body += event.get("body", b"")
        more = event.get("more_body", False)
    return body
