"""Every metric Muster exports. Base units, bounded labels, never an id in a label."""

from prometheus_client import Counter, Gauge, Histogram

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

HTTP_REQUESTS = Counter(
    "muster_http_requests_total", "HTTP requests answered.", ["method", "route", "status"]
)
HTTP_SECONDS = Histogram(
    "muster_http_request_seconds", "Time to answer a request.", ["method", "route"], buckets=_FAST
)
MESSAGES = Counter(
    "muster_messages_processed_total",
    "Deliveries settled, by what became of them.",
    ["service", "subscription", "outcome"],  # done, duplicate, retried, dead_lettered
)
BATCH_SECONDS = Histogram(
    "muster_message_batch_seconds",
    "Time from a batch's first delivery to its commit.",
    ["service", "subscription"],
    buckets=_FAST,
)
BATCH_MESSAGES = Histogram(
    "muster_message_batch_messages",
    "Deliveries in a batch.",
    ["service", "subscription"],
    buckets=(1, 2, 5, 10, 20, 50, 100, 200),
)
INBOX_DUPLICATES = Counter(
    "muster_inbox_duplicates_total",
    "Deliveries whose effect had already happened.",
    ["service", "subscription"],
)
OUTBOX_AGE = Gauge(
    "muster_outbox_oldest_age_seconds", "Age of the oldest event not yet published.", ["service"]
)
OUTBOX_WAITING = Gauge("muster_outbox_waiting_messages", "Events not yet published.", ["service"])
PUBLISHED = Counter(
    "muster_outbox_published_total",
    "Events handed to the broker, by outcome.",
    ["service", "outcome"],
)
REPUBLISHED = Counter(
    "muster_outbox_republished_total",
    "Events published again, because a queue that may have missed them was made anew.",
    ["service"],
)
TIMERS = Counter(
    "muster_timers_fired_total", "Timers fired, by outcome.", ["service", "kind", "outcome"]
)
TIMER_LATE_SECONDS = Histogram(
    "muster_timer_late_seconds",
    "How long after it was due a timer fired.",
    ["service"],
    buckets=(0.1, 0.5, 1, 2, 5, 15, 60, 300),
)
# Requests, offers, jobs, members and incidents alike: how often each state was entered.
TRANSITIONS = Counter(
    "muster_transitions_total", "Steps in the life of things.", ["service", "thing", "status"]
)
NOTIFICATIONS = Counter(
    "muster_notifications_total", "Notifications by channel and outcome.", ["channel", "outcome"]
)
