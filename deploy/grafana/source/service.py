"""One service: registry, matching, dispatch or notify. Which one is chosen at the top."""

from deploy.grafana.source.alerts import Step, Watch
from deploy.grafana.source.dashboard import Dashboard, Row, choice
from deploy.grafana.source.panels import Json, Query, bars, graph, heatmap, stat
from deploy.grafana.source.promql import (
    happened,
    mean,
    of_chosen_service,
    quantile,
    rate,
    spread,
    state,
)

CHOSEN = 'service="$service"'
# One api process answers for several services, and its figures tell routes apart, not services.
ROUTES = {
    "registry": "/v1/(organisations|capabilities|api-clients).*|/oauth/.*|/[.]well-known/.*",
    "matching": "/v1/(requests|offers|match-previews|reviews|flags|rule-packs).*",
    "dispatch": "/v1/(jobs|incidents).*",
    "notify": "/v1/(notifications|webhooks|preferences|stream).*",
}
_POOL = f"muster_database_pool_connections{{{CHOSEN}}}"
_HTTP = "muster_http_requests_total"
_HTTP_SECONDS = "muster_http_request_duration_seconds_bucket"
_REACHABLE: list[Json] = [
    {
        "type": "value",
        "options": {"0": {"text": "away", "index": 0}, "1": {"text": "there", "index": 1}},
    }
]


def _of(metric: str) -> str:
    return f"{metric}{{{CHOSEN}}}"


def _per_route(what: str) -> str:
    return of_chosen_service(what, ROUTES)


_SLOW = _per_route(
    f"histogram_quantile(0.95, sum by (le, route) (rate({_HTTP_SECONDS}[$__rate_interval])))"
)
_ANSWERS = _per_route(f"sum by (route, status) (rate({_HTTP}[$__rate_interval]))")

NOW = Row(
    "How it is",
    (
        stat(
            "Database",
            "Whether every process reached it in its last transaction.",
            "short",
            Query(f"min({_of('muster_database_up')})"),
            watch=(Watch("DatabaseUnreachable"),),
            mappings=_REACHABLE,
        ),
        stat(
            "Broker",
            "Whether any process reached RabbitMQ in the name of this service.",
            "short",
            Query(f"max({_of('muster_broker_up')})"),
            watch=(Watch("BrokerUnreachable", at=0), Watch("BrokerDown")),
            mappings=_REACHABLE,
        ),
        stat(
            "Oldest event in the outbox",
            "How long the oldest event has been waiting for its publication.",
            "s",
            Query(f"max({_of('muster_outbox_oldest_age_seconds')})"),
            watch=(Watch("OutboxStuck"),),
        ),
        stat(
            "Dead letters",
            "Messages that no worker could handle. They wait for an operator.",
            "short",
            Query(state(_of("muster_dead_letters"))),
            watch=(Watch("DeadLetters"),),
        ),
        stat(
            "Timer longest overdue",
            "How long the longest overdue timer has been due.",
            "s",
            Query(f"max({_of('muster_timer_oldest_overdue_seconds')})"),
            watch=(Watch("TimersLate"),),
        ),
        stat(
            "Age of its figures",
            "How long ago a worker last measured the state of this service.",
            "s",
            Query(f"time() - max({_of('muster_measured_timestamp_seconds')})"),
            watch=(Watch("MeasuringStopped"),),
        ),
    ),
)

HTTP = Row(
    "HTTP",
    (
        graph(
            "Answers",
            "A second, by status. 0: the client went away.",
            "reqps",
            Query(f"sum by (status) ({_ANSWERS})", "{{status}}"),
            watch=(Watch("ApiErrors", threshold=False),),
            stacked=True,
        ),
        graph(
            "Time to answer",
            "Within which 95 of 100 were answered, by route. Of a live stream: its whole length. "
            "Exemplars lead to traces.",
            "s",
            Query(f"({_SLOW}) >= 0", "{{route}}", exemplars=True),
        ),
    ),
)

MESSAGES = Row(
    "Messages",
    (
        graph(
            "Deliveries",
            "Settled a second, by subscription and what became of them.",
            "ops",
            Query(
                rate(_of("muster_messages_processed_total"), "subscription, outcome"),
                "{{subscription}} {{outcome}}",
            ),
            watch=(Watch("MessagesNotHandled", threshold=False),),
            stacked=True,
        ),
        graph(
            "Lag",
            "From an event's happening to its being taken: within which 95 of 100 were.",
            "s",
            Query(
                quantile(0.95, _of("muster_message_lag_seconds"), "subscription"),
                "{{subscription}}",
                exemplars=True,
            ),
        ),
        graph(
            "Time for a batch",
            "From its first delivery to its commit: within which 95 of 100 were.",
            "s",
            Query(
                quantile(0.95, _of("muster_message_batch_duration_seconds"), "subscription"),
                "{{subscription}}",
                exemplars=True,
            ),
            width=8,
        ),
        graph(
            "Size of a batch",
            "Deliveries in a batch, on average.",
            "short",
            Query(mean(_of("muster_message_batch_size"), "subscription"), "{{subscription}}"),
            width=8,
        ),
        bars(
            "Repeated and retried",
            "In the time shown: deliveries whose effect had already happened, and deliveries "
            "that failed and were tried again or given up.",
            "short",
            Query(
                happened(f'muster_messages_processed_total{{{CHOSEN},outcome!="done"}}', "outcome"),
                "{{outcome}}",
                now=True,
            ),
        ),
    ),
)

OUTBOX = Row(
    "Outbox, timers and dead letters",
    (
        graph(
            "Outbox",
            "Events not yet published.",
            "short",
            Query(f"max by (service) ({_of('muster_outbox_waiting_messages')})", "waiting"),
            width=8,
        ),
        graph(
            "Age of the outbox",
            "How long the oldest event has been waiting for its publication.",
            "s",
            Query(f"max by (service) ({_of('muster_outbox_oldest_age_seconds')})", "oldest"),
            watch=(Watch("OutboxStuck"),),
            width=8,
        ),
        graph(
            "Published",
            "Events handed to the broker a second, by outcome, and those published again.",
            "ops",
            Query(rate(_of("muster_outbox_published_total"), "outcome"), "{{outcome}}"),
            Query(rate(_of("muster_outbox_republished_total"), "service"), "again"),
            width=8,
        ),
        graph(
            "Timers",
            "That were due, a second. A postponed one failed and is tried again.",
            "ops",
            Query(rate(_of("muster_timers_fired_total"), "kind, outcome"), "{{kind}} {{outcome}}"),
            width=8,
        ),
        graph(
            "Timers late",
            "How long the longest overdue timer has been due.",
            "s",
            Query(
                f"max by (service) ({_of('muster_timer_oldest_overdue_seconds')})",
                "longest overdue",
            ),
            watch=(Watch("TimersLate"),),
            width=8,
        ),
        graph(
            "Age of dead letters",
            "How long the oldest has lain there. After 29 days it is not put back any more.",
            "s",
            Query(f"max by (service) ({_of('muster_dead_letter_oldest_age_seconds')})", "oldest"),
            watch=(Watch("DeadLettersNearlyTooOld"),),
            width=8,
        ),
    ),
)

DATABASE = Row(
    "Database",
    (
        graph(
            "Transactions",
            "That write, a second, by how they ended.",
            "ops",
            Query(
                rate(_of("muster_database_transaction_duration_seconds_count"), "outcome"),
                "{{outcome}}",
            ),
            width=8,
            stacked=True,
        ),
        heatmap(
            "Time for a transaction",
            "From asking for it to its end, waiting for its turn included.",
            Query(
                spread(_of("muster_database_transaction_duration_seconds")),
                "{{le}}",
                form="heatmap",
            ),
            width=8,
        ),
        graph(
            "Connections in use",
            "Of those a process may have open, by process. At 100 % whoever needs one more waits.",
            "percentunit",
            Query(
                "sum by (process, instance) (" + _POOL.replace("}", ',state="in_use"}') + ") / on "
                f"(process, instance) {_of('muster_database_pool_limit_connections')}",
                "{{process}}",
            ),
            watch=(Watch("DatabasePoolExhausted", threshold=False),),
            steps=(Step("green"), Step("orange", 1)),
            width=8,
            bounds=(0, 1),
        ),
    ),
)

DASHBOARD = Dashboard(
    "muster-service",
    "one service",
    "What one service does, how quickly, and what waits in it.",
    (NOW, HTTP, MESSAGES, OUTBOX, DATABASE),
    variables=(
        choice(
            "service",
            "Service",
            "label_values(muster_database_up, service)",
            "Every service of which some process runs",
        ),
    ),
)
