"""A server on a free port of loopback that answers as a test tells it to."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import RawTestServer

Answer = tuple[int, bytes]
# Gets path, headers (lower-case names) and body.
Handler = Callable[[str, dict[str, str], bytes], Awaitable[Answer]]


@asynccontextmanager
async def served(handler: Handler) -> AsyncIterator[str]:
    """Serve until the context ends; yields the base address."""

    async def answer(request: web.BaseRequest) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        status, body = await handler(request.path, headers, await request.read())
        return web.Response(status=status, body=body)

    async with RawTestServer(answer) as server:
        yield str(server.make_url("/"))
