"""Every metric of the machinery. Base units, bounded labels, never an id in a label.

What is counted in a transaction is counted after its commit (`UnitOfWork.count`). No scrape asks a
database or a broker: what is so, is measured beside it. docs/metrics.md is made from this.
"""

from muster.observability.labels import SERVICE, SUBSCRIPTION
from muster.observability.measuring import (
    API,
    RELAY,
    WORKER,
    Label,
    counter,
    gauge,
    histogram,
)

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_ALL = (API, WORKER, RELAY)
_METHOD = Label("method", ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "OTHER"))
_ROUTE = Label("route", bound="the paths of /openapi.json, or `unmatched`: about 60")
_STATUS = Label("status", bound="the statuses of /openapi.json; 0: the client went away: about 20")
_TIMER = Label("kind", bound="the @timer kinds of services/*/subscriptions.py: about 10")

BUILD_INFO = gauge(
    "muster_build_info",
    "1, with the version that runs.",
    [Label("version", bound="one for each process")],
    _ALL,
    "at start",
)
MEASURED_AT = gauge(
    "muster_measured_timestamp_seconds",
    "When the gauges of this service's state were last measured, in Unix time. "
    "Every worker measures the same; take `max without (instance, process)`.",
    [SERVICE],
    [WORKER],
    "every 15 s, if the database answered",
)

HTTP_REQUESTS = counter(
    "muster_http_requests_total",
    "HTTP requests answered.",
    [_METHOD, _ROUTE, _STATUS],
    [API],
    "after each answer",
)
HTTP_SECONDS = histogram(
    "muster_http_request_duration_seconds",
    "Time to answer a request; of a live stream, its whole length. Exemplars carry the trace id.",
    [_METHOD, _ROUTE],
    [API],
    "after each answer",
    _FAST,
)

MESSAGES = counter(
    "muster_messages_processed_total",
    "Deliveries settled, by what became of them.",
    [SERVICE, SUBSCRIPTION, Label("outcome", ("done", "duplicate", "retried", "dead_lettered"))],
    [WORKER],
    "when a delivery's fate is decided",
)
BATCH_SECONDS = histogram(
    "muster_message_batch_duration_seconds",
    "Time from a batch's first delivery to its commit. Exemplars carry the trace id.",
    [SERVICE, SUBSCRIPTION],
    [WORKER],
    "after each batch",
    _FAST,
)
BATCH_SIZE = histogram(
    "muster_message_batch_size",
    "Deliveries in a batch.",
    [SERVICE, SUBSCRIPTION],
    [WORKER],
    "with each batch",
    (1, 2, 5, 10, 20, 50, 100, 200),
)
MESSAGE_LAG = histogram(
    "muster_message_lag_seconds",
    "Time from an event's happening to its being taken by a subscription, of the oldest in each "
    "batch: outbox, relay, broker and queue together, retries and replays too. Exemplars carry the "
    "trace id.",
    [SERVICE, SUBSCRIPTION],
    [WORKER],
    "as each batch is taken",
    (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600),
)
INBOX_DUPLICATES = counter(
    "muster_inbox_duplicates_total",
    "Deliveries whose effect had already happened.",
    [SERVICE, SUBSCRIPTION],
    [WORKER],
    "after each batch",
)

OUTBOX_AGE = gauge(
    "muster_outbox_oldest_age_seconds",
    "Age of the oldest event not yet published.",
    [SERVICE],
    [RELAY],
    "every second",
)
OUTBOX_WAITING = gauge(
    "muster_outbox_waiting_messages",
    "Events not yet published.",
    [SERVICE],
    [RELAY],
    "every second",
)
PUBLISHED = counter(
    "muster_outbox_published_total",
    "Events handed to the broker, by outcome; all but the confirmed ones stay in the outbox.",
    [SERVICE, Label("outcome", ("confirmed", "returned", "refused", "unknown"))],
    [RELAY],
    "after each window's confirms",
)
REPUBLISHED = counter(
    "muster_outbox_republished_total",
    "Events published again, because a queue that may have missed them was made anew.",
    [SERVICE],
    [RELAY],
    "after each window's confirms",
)

DEAD_LETTERS = gauge(
    "muster_dead_letters",
    "Messages that no worker could handle and that wait for an operator (`muster dead-letters`).",
    [SERVICE],
    [WORKER],
    "every 30 s, when the worker looks at its queues",
)
DEAD_LETTER_AGE = gauge(
    "muster_dead_letter_oldest_age_seconds",
    "How long the oldest dead letter has lain there; 0 if there is none.",
    [SERVICE],
    [WORKER],
    "every 30 s, when the worker looks at its queues",
)

TIMERS = counter(
    "muster_timers_fired_total",
    "Timers that were due, by what became of them; a postponed one failed and is tried again.",
    [SERVICE, _TIMER, Label("outcome", ("fired", "postponed"))],
    [WORKER],
    "after each timer",
)
TIMER_LATE_SECONDS = histogram(
    "muster_timer_late_seconds",
    "How long after it was due a timer fired.",
    [SERVICE],
    [WORKER],
    "after each timer",
    (0.1, 0.5, 1, 2, 5, 15, 60, 300, 1800),
)
TIMERS_OVERDUE = gauge(
    "muster_timers_overdue",
    "Timers whose moment has passed by more than a second and that have not fired.",
    [SERVICE],
    [WORKER],
    "every 15 s",
)
TIMER_OVERDUE_SECONDS = gauge(
    "muster_timer_oldest_overdue_seconds",
    "How long the longest overdue timer has been due; 0 if none is.",
    [SERVICE],
    [WORKER],
    "every 15 s",
)

POOL_CONNECTIONS = gauge(
    "muster_database_pool_connections",
    "Connections to the database that this process keeps open.",
    [SERVICE, Label("state", ("in_use", "idle"))],
    _ALL,
    "read from the pool at each scrape; asks no database",
)
POOL_LIMIT = gauge(
    "muster_database_pool_limit_connections",
    "Connections this process may have open at once; whoever needs one more waits.",
    [SERVICE],
    _ALL,
    "at start",
)
TRANSACTION_SECONDS = histogram(
    "muster_database_transaction_duration_seconds",
    "Time from asking for a transaction that writes to its end, waiting for its turn included. "
    "`failed`: the database did not do it; `unknown`: it broke off in the commit.",
    [SERVICE, Label("outcome", ("committed", "rolled_back", "failed", "unknown"))],
    _ALL,
    "after each transaction",
    _FAST,
)
DATABASE_UP = gauge(
    "muster_database_up",
    "1 if the last transaction reached the database, 0 if it could not.",
    [SERVICE],
    _ALL,
    "with each transaction",
)
BROKER_UP = gauge(
    "muster_broker_up",
    "1 if RabbitMQ was there at the last poll or publication, 0 if it could not be reached.",
    [SERVICE],
    [WORKER, RELAY],
    "with each poll of a worker, and every second by a relay",
)

# Requests, offers, jobs, members and incidents alike: how often each state was entered.
TRANSITIONS = counter(
    "muster_transitions_total",
    "Steps in the life of things: how often each state was entered.",
    [
        SERVICE,
        Label("thing", bound="the lifecycles of the glossary: about 12"),
        Label("status", bound="the states of that lifecycle: at most 10"),
    ],
    [API, WORKER],
    "after each commit",
)
