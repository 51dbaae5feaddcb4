"""One journey, one trace: everything that happens to a request, whoever does it."""

from collections.abc import Iterator

import pytest

from muster.observability.trace_context import SpanContext, journey_of
from services.notify.channels.email import open_mailer
from services.notify.channels.webhook import WebhookPoster
from services.notify.use_cases.deliver_mail import MailRules, deliver_mail
from services.notify.use_cases.deliver_webhooks import deliver_webhooks
from tests.contract.application import Application, application
from tests.contract.world import OPERATOR, World, found, serve
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
