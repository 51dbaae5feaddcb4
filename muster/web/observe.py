"""Correlation, a span, metrics and one log line for every request."""

import logging
import re
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from muster.contracts.vocabulary.identifiers import Ids, Prefix
from muster.observability.exemplars import exemplar
from muster.observability.logs import correlation
from muster.observability.metrics import HTTP_REQUESTS, HTTP_SECONDS
from muster.observability.spans import Tracer
from muster.web import scope as keys
from muster.web.problems import internal_response
from muster.web.traces import begin

HEADER = "X-Correlation-ID"

_SANE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_access = logging.getLogger("muster.http")
_log = logging.getLogger("muster.web")


class Observed:
    """ASGI middleware: gives a request its correlation id, traces it, measures it, logs it.

    An error nobody foresaw is logged with its traceback and answered with 500 here.
    """

    def __init__(self, app: ASGIApp, ids: Ids, tracer: Tracer | None = None) -> None:
        self.app = app
        self._ids = ids
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request and keep record of it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        correlation_id = self._correlation_id(headers)
        scope[keys.CORRELATION_ID] = correlation_id
        scope[keys.TRACEPARENT] = _traceparent(headers)
        token = correlation.set(correlation_id)
        span = begin(self._tracer, scope)
        started = perf_counter()
        status = 0  # nothing was answered: the client went away

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = correlation_id
            await send(message)

        try:
            await self.app(scope, receive, send_marked)
        except Exception as error:
            if span is not None:
                span.fail(error)
            _log.exception("unforeseen error in %s %s", scope["method"], _route(scope))
            if status:  # too late to answer anything else
                raise
            await internal_response(correlation_id)(scope, receive, send_marked)
        finally:
            _record(scope, status, perf_counter() - started)
            if span is not None:
                span.end(scope, _method(scope), _route(scope), status)
            correlation.reset(token)

    def _correlation_id(self, headers: Headers) -> str:
        given = headers.get(HEADER)
        if given is not None and _SANE.fullmatch(given):
            return given
        return self._ids.new(Prefix.CORRELATION)


def _traceparent(headers: Headers) -> str | None:
    given = headers.get("traceparent", "")
    return given if _TRACEPARENT.fullmatch(given) else None


def _route(scope: Scope) -> str:
    """Return the template of the matched route: a bounded label, unlike the path."""
    return getattr(scope.get("route"), "path", "unmatched")


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "OTHER"


def _record(scope: Scope, status: int, seconds: float) -> None:
    route = _route(scope)
    method = _method(scope)
    HTTP_REQUESTS.labels(method, route, str(status)).inc()
    HTTP_SECONDS.labels(method, route).observe(seconds, exemplar(scope[keys.TRACEPARENT]))
    if _access.isEnabledFor(logging.INFO):
        _access.info(
            "request",
            extra={
                "method": method,
                "route": route,
                "status": status,
                "seconds": round(seconds, 6),
                "client_id": scope.get(keys.CLIENT_ID),
            },
        )
