"""What a body may be: how large, of what type, and in what time it has to arrive."""

import asyncio

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from muster.contracts.vocabulary.errors import InputRefused, MusterError
from muster.web import scope as keys
from muster.web.errors import (
    BodyTooLarge,
    BodyTooSlow,
    UnsupportedMediaType,
)
from muster.web.problems import error_response
from muster.web.text import find_unkeepable

FORM_PATHS = frozenset({"/oauth/token"})  # RFC 6749 wants a form here
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
SECONDS_TO_ARRIVE = 30.0
# A client that is still sending does not read our answer; so much of what it sends is thrown away
# first. Beyond that the connection is simply closed.
MAX_DRAINED_BYTES = 32 * 1024 * 1024

_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class BodyLimits:
    """ASGI middleware: collects the body within the limits, and hands it on in one piece."""

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self.app = app
        self._max = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or answer 408, 413, 415 or 422."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            await _refusal(_not_kept("address", "U+0000"), scope)(scope, receive, send)
            return
        if scope["method"] not in _WITH_BODY:
            await self.app(scope, receive, send)
            return
        try:
            body = await self._collect(Headers(scope=scope), receive)
            if body is None:  # the client is gone
                return
            if body:
                _check_type(scope)
                _check_text(body)
        except MusterError as error:
            await _refusal(error, scope)(scope, receive, send)
            return
        scope[keys.BODY] = body
        await self.app(scope, _replaying(body, receive), send)

    async def _collect(self, headers: Headers, receive: Receive) -> bytes | None:
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > MAX_DRAINED_BYTES:
            raise self._too_large()
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body: bytes = message.get("body", b"")
        if message.get("more_body", False):
            return await self._collect_rest(bytearray(body), receive)
        if len(body) > self._max:
            raise self._too_large()
        return body

    async def _collect_rest(self, body: bytearray, receive: Receive) -> bytes | None:
        arrived = len(body)
        try:
            async with asyncio.timeout(SECONDS_TO_ARRIVE):
                more = True
                while more and arrived <= MAX_DRAINED_BYTES:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    part = message.get("body", b"")
                    arrived += len(part)
                    if arrived <= self._max:
                        body += part
                    more = message.get("more_body", False)
        except TimeoutError as error:
            raise BodyTooSlow(
                f"The body did not arrive within {SECONDS_TO_ARRIVE:.0f} seconds. Send it again."
            ) from error
        if arrived > self._max:
            raise self._too_large()
        return bytes(body)

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(
            f"A body may have at most {self._max} bytes. Send less, or split it into several "
            "requests."
        )


def _check_type(scope: Scope) -> None:
    content_type = Headers(scope=scope).get("content-type", "")
    given = content_type.partition(";")[0].strip().lower()
    wanted = FORM if scope["path"] in FORM_PATHS else JSON
    if given != wanted:
        raise UnsupportedMediaType(
            f"Send the body as {wanted} and say so in Content-Type; it said {given or 'nothing'!r}."
        )


def _check_text(body: bytes) -> None:
    found = find_unkeepable(body)
    if found is not None:
        raise _not_kept(found.field, found.character)


def _not_kept(where: str, character: str) -> InputRefused:
    return InputRefused(where, f"contains the character {character}", "any text without it")


def _refusal(error: MusterError, scope: Scope) -> Response:
    response = error_response(error, str(scope.get(keys.CORRELATION_ID, "")))
    if isinstance(error, BodyTooLarge | BodyTooSlow):
        response.headers["Connection"] = "close"  # part of the body may still be on its way
    return response


def _replaying(body: bytes, receive: Receive) -> Receive:
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay
