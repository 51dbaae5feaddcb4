"""An HTTP client that talks to an application in this process, from any thread."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.types import ASGIApp


class _InProcess(httpx.BaseTransport):
    """Carries requests into the application's event loop, which runs in a thread of its own."""

    def __init__(self, app: ASGIApp, portal: BlockingPortal) -> None:
        self._transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self._portal = portal

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Wait for the whole answer."""
        request.read()
        return self._portal.call(self._ask, request)

    async def _ask(self, request: httpx.Request) -> httpx.Response:
        answer = await self._transport.handle_async_request(request)
        content = await answer.aread()
        return httpx.Response(answer.status_code, headers=answer.headers, content=content)


@contextmanager
def client_of(app: ASGIApp) -> Iterator[httpx.Client]:
    """Open a client whose every request goes to `app`; errors come back as answers."""
    with (
        start_blocking_portal() as portal,
        httpx.Client(transport=_InProcess(app, portal), base_url="http://muster.test") as client,
    ):
        yield client
