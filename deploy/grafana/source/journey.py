"""A journey from a request's submission to its close: how many, how long, stage by stage."""

from deploy.grafana.source.alerts import Watch
from deploy.grafana.source.dashboard import Dashboard, Row
from deploy.grafana.source.panels import Panel, Query, graph, heatmap, stat
from deploy.grafana.source.promql import (
    happened,
    happened_unforeseen,
    or_zero,
    quantile,
    rate,
    spread,
    state,
)

_OFFERED = "muster_request_first_offer_seconds"
_CONFIRMED = "muster_request_confirmation_seconds"
_SUBMISSION = 'muster_http_request_duration_seconds{method="POST",route="/v1/requests"}'
_LATE = Watch("FirstOffersLate", threshold=False)
_ABORTED = Watch("WorkAborted", threshold=False)


def _entered(thing: str, status: str) -> str:
    counter = f'muster_transitions_total{{thing="{thing}",status="{status}"}}'
    return or_zero(happened_unforeseen(counter, "status"))


def _stage(
    title: str, description: str, expression: str, unit: str = "short", *watch: Watch
) -> Panel:
    query = Query(expression, now=True)
    return stat(title, f"{description} In the time shown.", unit, query, watch=watch, width=3)


def _stay(thing: str, open_gauge: str) -> str:
    """Return how long things stay in each state on average: Little's law."""
    there = state(f"avg_over_time({open_gauge}[$__range])", "status")
    left = f'sum by (status) (rate(muster_transitions_total{{thing="{thing}"}}[$__range]))'
    return f"{there} / ({left} > 0)"


def _durations(title: str, description: str, metric: str, *watch: Watch, by: str) -> Panel:
    return graph(
        title,
        f"{description} Within which half and 95 of 100 were, in the last 5 minutes. Exemplars "
        "lead to traces.",
        "s",
        Query(quantile(0.5, metric, by, "5m"), f"half {{{{{by}}}}}", exemplars=True),
        Query(quantile(0.95, metric, by, "5m"), f"95 % {{{{{by}}}}}", exemplars=True),
        watch=watch,
    )


COUNTS = Row(
    "How many came how far",
    (
        _stage("Submitted", "Requests.", happened("muster_requests_submitted_total")),
        _stage("Offered", "Requests with a first offer.", happened(f"{_OFFERED}_count")),
        _stage("Confirmed", "Requests confirmed.", happened(f"{_CONFIRMED}_count")),
        _stage(
            "Jobs begun",
            "Jobs: one for each provider that serves a request.",
            _entered("job", "committed"),
        ),
        _stage(
            "On scene",
            "Jobs whose team has arrived; desk work needs none.",
            _entered("job", "on_scene"),
        ),
        _stage("Jobs done", "Jobs that ended well.", _entered("job", "completed")),
        _stage(
            "Jobs aborted",
            "Jobs that were given up.",
            _entered("job", "aborted"),
            "short",
            _ABORTED,
        ),
        _stage("Closed", "Requests all of whose work is done.", _entered("request", "closed")),
    ),
)

TO_CONFIRMATION = Row(
    "From submission to confirmation",
    (
        _durations(
            "Submission to first offer",
            "Operators' reviews included. Targets: 60 s, 5 minutes, 1 h.",
            _OFFERED,
            _LATE,
            by="urgency",
        ),
        heatmap(
            "Submission to first offer, all of them",
            "How the durations are spread; each exemplar is one request.",
            Query(spread(_OFFERED), "{{le}}", exemplars=True, form="heatmap"),
        ),
        _durations(
            "Submission to confirmation", "People's answers included.", _CONFIRMED, by="urgency"
        ),
        heatmap(
            "Submission to confirmation, all of them",
            "How the durations are spread.",
            Query(spread(_CONFIRMED), "{{le}}", form="heatmap"),
        ),
        graph(
            "Offers",
            "A second, by what becomes of them.",
            "ops",
            Query(rate("muster_offers_total", "outcome"), "{{outcome}}"),
            width=8,
        ),
        graph(
            "Planning",
            "Time the allocator takes for one request: within which half and 95 of 100 were.",
            "s",
            Query(quantile(0.5, "muster_solver_duration_seconds", over="5m"), "half"),
            Query(quantile(0.95, "muster_solver_duration_seconds", over="5m"), "95 %"),
            width=8,
        ),
        graph(
            "Taking a request",
            "Time to answer whoever submits one: within which half and 95 of 100 were.",
            "s",
            Query(quantile(0.5, _SUBMISSION, over="5m"), "half", exemplars=True),
            Query(quantile(0.95, _SUBMISSION, over="5m"), "95 %", exemplars=True),
            width=8,
        ),
    ),
)

TO_CLOSE = Row(
    "From confirmation to close",
    (
        graph(
            "Jobs, step by step",
            "How many a second enter each state.",
            "ops",
            Query(rate('muster_transitions_total{thing="job"}', "status"), "{{status}}"),
            watch=(_ABORTED,),
        ),
        graph(
            "Requests, step by step",
            "How many a second enter each state.",
            "ops",
            Query(rate('muster_transitions_total{thing="request"}', "status"), "{{status}}"),
        ),
        stat(
            "How long jobs stay in each state",
            "On average in the time shown, by Little's law: how many are there over how many a "
            "second come. True while about as many come as go.",
            "s",
            Query(_stay("job", "muster_jobs_open"), "{{status}}", now=True),
            width=12,
            named=True,
        ),
        stat(
            "How long requests stay in each state",
            "On average in the time shown, by Little's law: how many are there over how many a "
            "second come. True while about as many come as go.",
            "s",
            Query(_stay("request", "muster_requests_open"), "{{status}}", now=True),
            width=12,
            named=True,
        ),
    ),
)

BETWEEN = Row(
    "From one service to the next",
    (
        graph(
            "Lag, by subscription",
            "From an event's happening to its being taken: within which 95 of 100 were.",
            "s",
            Query(
                quantile(0.95, "muster_message_lag_seconds", "subscription", "5m"),
                "{{subscription}}",
                exemplars=True,
            ),
            watch=(Watch("OutboxStuck", threshold=False), Watch("QueueGrowing", threshold=False)),
        ),
        graph(
            "Telling people",
            "Notifications sent a second, by channel, and those that wait.",
            "short",
            Query(
                rate('muster_notifications_total{outcome="sent"}', "channel"), "{{channel}} sent"
            ),
            Query(state("muster_notifications_waiting", "channel"), "{{channel}} waiting"),
            watch=(Watch("NotificationsFailing", threshold=False),),
        ),
    ),
)

DASHBOARD = Dashboard(
    "muster-journey",
    "a journey from submission to close",
    "What becomes of requests, stage by stage: how many come how far, and how long it takes.",
    (COUNTS, TO_CONFIRMATION, TO_CLOSE, BETWEEN),
)
