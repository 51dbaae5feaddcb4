"""The span of a request: from its first byte to the last of its answer, named by its route."""

from contextvars import Token

from starlette.types import Scope

from muster.observability.spans import Kind, Span, Tracer
from muster.observability.trace_context import parse_traceparent
from muster.observability.tracing import current
from muster.web import scope as keys

# Asked every few seconds by whoever watches the process.
_NOT_TRACED = frozenset({"/healthz", "/readyz", "/metrics"})


class ServerSpan:
    """Is what is done from its making to its `end`; of the caller's trace, until what is done turns
    out to be part of a journey."""

    def __init__(self, tracer: Tracer, scope: Scope) -> None:
        caller = parse_traceparent(scope[keys.TRACEPARENT])
        self._span = tracer.start("", Kind.SERVER, caller, joins=True)
        self._token: Token[Span | None] = current.set(self._span)

    def fail(self, error: Exception) -> None:
        """Note an error nobody foresaw."""
        self._span.fail(error)

    def end(self, scope: Scope, method: str, route: str, status: int) -> None:
        """End, knowing now what it was."""
        current.reset(self._token)
        span = self._span
        if span.context.sampled:
            span.name = f"{method} {route}"
            span.attributes |= {
                "http.request.method": method,
                "http.route": route,
                "url.path": scope["path"],
                "url.scheme": scope["scheme"],
                "http.response.status_code": status,  # 0: the client went away
                "muster.correlation_id": scope[keys.CORRELATION_ID],
                "muster.client_id": scope.get(keys.CLIENT_ID, ""),
            }
            if status >= 500 and span.error is None:
                span.fail(str(status))
        span.end()


def begin(tracer: Tracer | None, scope: Scope) -> ServerSpan | None:
    """Begin the span of a request; None while tracing is off, or where it would only be noise."""
    if tracer is None or scope["path"] in _NOT_TRACED:
        return None
    return ServerSpan(tracer, scope)
