"""One journey, one trace: everything that happens to a request, whoever does it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from opentelemetry.trace import SpanKind
from sqlalchemy import select

from muster.contracts.vocabulary.identifiers import OfferId
from muster.messaging.envelope import parse
from muster.observability.trace_context import SpanContext, journey_of
from muster.service.timekeeper import Timekeeper
from services.matching.use_cases.expire_offer import expire_offer
from services.notify.channels.email import open_mailer
from services.notify.channels.webhook import WebhookPoster
from services.notify.use_cases.deliver_mail import MailRules, deliver_mail
from services.notify.use_cases.deliver_webhooks import deliver_webhooks
from tests.contract.application import Application, application
from tests.contract.world import World, found, protection, serve
from tests.spans import Traces, id_of, links_of, names_of, parent_of, trace_of
from tests.unit.notify.hook_server import HookServer, hook_server
from tests.unit.notify.posting import LOOPBACK, RULES, register
from tests.unit.notify.smtp_sink import Sink, smtp_sink

CALLER = SpanContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", sampled=True)


@pytest.fixture
def traces() -> Traces:
    """Every journey is traced."""
    return Traces()


@pytest.fixture
def traced(traces: Traces) -> Iterator[Application]:
    """The whole application, traced."""
    with application(tracer=traces.tracer) as running:
        yield running


@pytest.fixture
def world(traced: Application) -> World:
    """An alliance in which nobody has asked for anything yet."""
    return found(traced, until="published")


@pytest.fixture
def hook() -> Iterator[HookServer]:
    """An endpoint of a member."""
    with hook_server() as server:
        yield server


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A mail server."""
    with smtp_sink() as server:
        yield server


def deliver(traced: Application, traces: Traces, sink: Sink) -> None:
    """Send the e-mails and webhooks that are due."""
    notify = traced.stores["notify"]
    mailer = open_mailer(sink.settings(), traces.tracer)
    while deliver_mail(notify, mailer, MailRules("operators@alliance.test", 3)):
        pass
    deliver_webhooks(
        notify, WebhookPoster(LOOPBACK, 5, notify.clock.now, tracer=traces.tracer), RULES
    )


def test_a_journey_is_one_trace(
    traced: Application, world: World, traces: Traces, hook: HookServer, sink: Sink
) -> None:
    """From the request over offers, answers, jobs and incidents to who was told: one tree."""
    register(traced.stores["notify"], hook.url, world.provider)
    ids = serve(traced, world)
    deliver(traced, traces, sink)

    spans = traces.of(journey_of(ids["request_id"]).trace_id)
    assert names_of(spans) >= {
        "POST /v1/requests",
        "publish matching.events",
        "process matching.sourcing",
        "POST /v1/offers/{offer_id}/accept",
        "POST /v1/requests/{request_id}/approve",
        "process dispatch.requests",
        "POST /v1/jobs/{job_id}/incidents",
        "publish dispatch.events",
        "process notify.news",
        "send e-mail",
        "POST webhook",
    }
    known = {id_of(span) for span in spans}
    (root,) = [span for span in spans if parent_of(span) is None]
    assert root.name == "POST /v1/requests"
    assert {parent_of(span) for span in spans} - {None} <= known
    assert {dict(span.attributes or {}).get("muster.request_id") for span in spans} <= {
        ids["request_id"],
        None,
    }


def test_an_answer_under_a_trace_of_the_callers_own_joins_the_journey_and_is_linked(
    traced: Application, world: World, traces: Traces
) -> None:
    """A provider's desk may be traced, too: its trace is a link away, not lost."""
    request = traced.do(world.enterprise, "POST", "/v1/requests", protection())
    offers = traced.do(world.provider, "GET", "/v1/offers")["items"]
    path = f"/v1/offers/{offers[0]['offer_id']}/accept"
    headers = {"traceparent": CALLER.traceparent}

    answer = traced.ask(world.provider, "POST", path, {}, headers=headers)

    assert answer.is_success
    span = traces.the("POST /v1/offers/{offer_id}/accept")
    assert trace_of(span) == journey_of(request["request_id"]).trace_id
    assert parent_of(span) == journey_of(request["request_id"]).span_id
    assert links_of(span) == [CALLER.span_id]


def test_what_is_part_of_no_journey_continues_the_callers_trace(
    traced: Application, world: World, traces: Traces
) -> None:
    """To look at something is nobody's journey."""
    headers = {"traceparent": CALLER.traceparent}
    traced.ask(world.provider, "GET", "/v1/capabilities", headers=headers)

    span = traces.the("GET /v1/capabilities")
    assert (trace_of(span), parent_of(span)) == (CALLER.trace_id, CALLER.span_id)
    assert span.kind is SpanKind.SERVER
    assert span.attributes is not None
    assert span.attributes["http.response.status_code"] == 200
    assert span.attributes["http.route"] == "/v1/capabilities"


def test_a_caller_who_is_not_traced_is_not_traced_here(
    traced: Application, world: World, traces: Traces
) -> None:
    """Whoever began the trace has decided."""
    traces.clear()
    headers = {"traceparent": replace(CALLER, sampled=False).traceparent}

    traced.ask(world.provider, "GET", "/v1/capabilities", headers=headers)

    assert len(traces) == 0


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_who_watches_the_process_is_not_traced(
    traced: Application, traces: Traces, path: str
) -> None:
    """It would be most of what there is."""
    traced.ask(None, "GET", path)

    assert len(traces) == 0


def test_a_step_of_a_timer_is_part_of_the_journey(
    traced: Application, world: World, traces: Traces
) -> None:
    """An offer that lapses is part of what happens to its request, with nothing kept for it."""
    request = traced.do(world.enterprise, "POST", "/v1/requests", protection())
    matching = traced.stores["matching"]
    keeper = Timekeeper(
        matching,
        {"offer-expiry": lambda work, offer: expire_offer(work, OfferId(offer))},
        traces.tracer,
    )
    traced.clock.advance(timedelta(days=2))
    keeper.fire_due()

    span = traces.the("timer offer-expiry")
    journey = journey_of(request["request_id"])
    assert (trace_of(span), parent_of(span)) == (journey.trace_id, journey.span_id)


def test_a_journey_that_is_not_sampled_costs_no_span() -> None:
    """Its events say so, and every process leaves it alone."""
    traces = Traces(ratio=2**-64)
    with application(tracer=traces.tracer) as running:
        world = found(running, until="published")
        ids = serve(running, world)

        assert len(traces) == 0
        outbox = running.stores["matching"].metadata.tables["outbox_messages"]
        with running.stores["matching"].read() as connection:
            bodies = connection.execute(select(outbox.c.body)).scalars().all()
    said = [parse(body) for body in bodies]
    journey = journey_of(ids["request_id"])
    of_it = [it for it in said if getattr(it.event, "request_id", None) == ids["request_id"]]
    assert {it.context.traceparent for it in of_it} == {journey.traceparent}
    assert journey.traceparent.endswith("-00")
