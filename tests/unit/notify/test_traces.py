"""What goes out is part of the journey that calls for it, on whatever thread it is sent."""

from dataclasses import replace

from opentelemetry.trace import SpanKind, StatusCode

from muster.messaging.envelope import Envelope
from muster.observability.trace_context import SpanContext, parse_traceparent
from muster.storage.store import Store
from services.notify.channels.webhook import WebhookPoster
from services.notify.use_cases.deliver_webhooks import deliver_webhooks
from tests.spans import Traces, id_of, parent_of, trace_of
from tests.unit.notify.builders import envelope_of, offer_sent, tell
from tests.unit.notify.hook_server import HookServer
from tests.unit.notify.posting import LOOPBACK, RULES, register

SAID = SpanContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", sampled=True)


def said() -> Envelope:
    """Return an offer that was said in a trace that is kept."""
    envelope = envelope_of(offer_sent())
    return replace(envelope, context=replace(envelope.context, traceparent=SAID.traceparent))


def deliver(store: Store, traces: Traces | None) -> None:
    """Post what is due, each endpoint on a thread of its own."""
    tracer = None if traces is None else traces.tracer
    deliver_webhooks(store, WebhookPoster(LOOPBACK, 5, store.clock.now, tracer=tracer), RULES)


def test_a_webhook_hands_the_trace_on(shared_store: Store, hook: HookServer) -> None:
    """Below the span that called for it; the far end may go on from there."""
    register(shared_store, hook.url)
    tell(shared_store, said())
    traces = Traces()

    deliver(shared_store, traces)

    span = traces.the("POST webhook")
    ((headers, _),) = hook.posts
    assert span.kind is SpanKind.CLIENT
    assert (trace_of(span), parent_of(span)) == (SAID.trace_id, SAID.span_id)
    assert parse_traceparent(headers["traceparent"]) == SpanContext(
        SAID.trace_id, id_of(span), sampled=True
    )


def test_a_webhook_that_fails_says_so_in_its_span(shared_store: Store, hook: HookServer) -> None:
    """With the status, and what became of it."""
    register(shared_store, hook.url)
    tell(shared_store, said())
    hook.answers = [(500, {})]
    traces = Traces()

    deliver(shared_store, traces)

    span = traces.the("POST webhook")
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description == "retried: 500"
    assert dict(span.attributes or {})["http.response.status_code"] == 500


def test_while_tracing_is_off_a_webhook_carries_no_trace(
    shared_store: Store, hook: HookServer
) -> None:
    """Nobody would know what it leads to."""
    register(shared_store, hook.url)
    tell(shared_store, said())

    deliver(shared_store, None)

    ((headers, _),) = hook.posts
    assert "traceparent" not in headers
