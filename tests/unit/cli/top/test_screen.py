"""What the operator sees."""

from dataclasses import replace

from muster.cli.top.figures import read
from muster.cli.top.frame import Alert, Seen
from muster.messaging.questions import Depth
from tests.stores import START
from tests.unit.cli.top.frames import depths, frame, process, row, shown

LAG = 'muster_message_lag_seconds_%s{service="dispatch",subscription="requests"} %s'


def lag(seconds: float, number: int) -> tuple[str, str]:
    """What a worker exports of the messages it took."""
    return LAG % ("sum", seconds), LAG % ("count", number)


def test_every_process_is_shown_with_what_it_uses() -> None:
    """Since it started, at the first look."""
    text = shown(frame(process("api"), process("worker", trouble="broker: away")))

    assert row(text, "api") == ["api", "60", "s", "50%", "100", "MiB", "yes"]
    assert row(text, "worker")[-3:] == ["NO:", "broker:", "away"]


def test_later_looks_show_what_was_used_in_between() -> None:
    """30 seconds of work in 60, and then none in 10."""
    before, now = frame(process("api")), frame(process("api"), later=10)

    assert row(shown(now, before), "api")[3] == "0%"


def test_a_process_that_was_started_anew_is_not_compared_with_the_one_before() -> None:
    """Its counters began at 0 again."""
    before, now = frame(process("api")), frame(process("api", started=-5), later=10)

    assert row(shown(now, before), "api")[3] == "600%"


def test_a_process_that_is_away_is_shown_with_the_reason() -> None:
    """And the others are shown as ever."""
    text = shown(frame(Seen("api", "does not answer"), process("relay")))

    assert row(text, "api") == ["api", "-", "-", "-", "NO:", "does", "not", "answer"]
    assert row(text, "relay")[-1] == "yes"
    assert "ApiDown: no api answers: does not answer" in text


def test_every_queue_is_shown_with_what_waits_who_takes_and_what_died() -> None:
    """Messages, consumers, age when taken, dead letters."""
    queues = depths(dispatch__requests=Depth(1200, 2), dispatch__requests__dlq=Depth(3, 0))
    text = shown(frame(process("worker", *lag(6, 4)), queues=queues))

    assert row(text, "dispatch.requests") == ["dispatch.requests", "1,200", "2", "2", "s", "3"]


def test_the_age_of_messages_is_that_of_the_last_ones() -> None:
    """An hour of backlog yesterday says nothing of today."""
    before = frame(process("worker", *lag(3600, 100)))
    now = frame(process("worker", *lag(3601, 110)), later=2)

    assert row(shown(now, before), "dispatch.requests")[3:5] == ["100", "ms"]


def test_a_queue_that_is_missing_is_shown_so() -> None:
    """A zero would look well."""
    text = shown(frame(process("worker"), queues=depths(dispatch__requests=None)))

    assert row(text, "dispatch.requests")[1] == "missing"
    assert "QueueMissing: dispatch.requests" in text


def test_a_broker_that_is_away_is_shown_once_and_no_queue_is_called_missing() -> None:
    """Nobody knows what is in them."""
    text = shown(frame(process("api"), queues={}, broker_trouble="RabbitMQ cannot be reached"))

    assert row(text, "rabbitmq")[-4:] == ["RabbitMQ", "cannot", "be", "reached"]
    assert "BrokerDown: RabbitMQ cannot be reached" in text
    assert "QueueMissing" not in text


def test_each_service_is_shown_with_what_it_has_in_hand() -> None:
    """Outbox, how old, how much a second, retries, timers, dead letters."""
    said = 'muster_outbox_published_total{service="matching",outcome="confirmed"} %s'
    relay = (
        'muster_outbox_waiting_messages{service="matching"} 17',
        'muster_outbox_oldest_age_seconds{service="matching"} 4',
    )
    worker = process("worker", 'muster_timers_overdue{service="matching"} 2')
    queues = depths(matching__retry__5s=Depth(3, 0), matching__retry__30s=Depth(1, 0))
    before = frame(process("relay", *relay, said % 100), worker, queues=queues)
    now = frame(process("relay", *relay, said % 150), worker, queues=queues, later=10)

    assert row(shown(now, before), "matching") == [
        *("matching", "17", "4", "s", "5.0/s", "4", "2", "-")
    ]


def test_the_work_is_shown_by_its_states_in_the_order_of_life() -> None:
    """What is empty is left out, what is unknown is marked."""
    worker = process(
        "worker",
        'muster_requests_open{status="proposed",urgency="urgent"} 2',
        'muster_requests_open{status="sourcing",urgency="urgent"} 5',
        'muster_requests_open{status="confirmed",urgency="urgent"} 0',
        'muster_incidents_open{severity="severe"} 0',
        'muster_reviews_waiting{jurisdiction="KH"} 4',
        "muster_review_oldest_age_seconds 90",
    )
    text = shown(frame(worker))

    assert "requests   sourcing 5   proposed 2\n" in text
    assert "incidents  none\n" in text
    assert "jobs       -\n" in text
    assert "overdue    -\n" in text
    assert "reviews    KH 4   the oldest for 90 s\n" in text


def test_what_was_measured_and_is_not_there_is_none() -> None:
    """A figure by country begins with its first country."""
    worker = process("worker", 'muster_measured_timestamp_seconds{service="dispatch"} 1')
    text = shown(frame(worker))

    assert "overdue    none\n" in text
    assert "reviews    -\n" in text


def test_what_rabbitmq_uses_is_shown_by_its_own_figures() -> None:
    """They have other names than those of the processes."""
    page = (
        "erlang_vm_statistics_runtime_milliseconds {}\n"
        f"process_start_time_seconds {START.timestamp() - 60}\n"
        f"rabbitmq_process_resident_memory_bytes {200 * 1024**2}\n"
    )
    before, now = (
        frame(later=later, broker=Seen("rabbitmq", None, read(page.format(used))))
        for later, used in ((0, 6000), (10, 8000))
    )

    assert row(shown(before), "rabbitmq") == ["rabbitmq", "60", "s", "10%", "200", "MiB", "yes"]
    assert row(shown(now, before), "rabbitmq")[3] == "20%"


def test_the_alerts_of_prometheus_are_shown_where_it_tells_them() -> None:
    """It knows more than one look can tell."""
    told = (Alert("BudgetBurning", "page", "too many late offers", START, "docs/runbooks/b.md"),)
    text = shown(frame(process("api", trouble="away"), pages=told, later=300))

    assert "ALERTS by Prometheus: 1" in text
    assert "page     BudgetBurning for 0:05:00: too many late offers → docs/runbooks/b.md" in text
    assert "ProcessNotReady" not in text


def test_a_prometheus_that_is_away_is_told_and_the_figures_speak_instead() -> None:
    """No alert must not look like none."""
    now = frame(process("api", trouble="away"), pages_trouble="Prometheus does not tell its alerts")
    text = shown(now)

    assert "ALERTS by these figures: 1" in text
    assert "Prometheus does not tell its alerts" in text
    assert "ProcessNotReady: api: away" in text


def test_what_names_say_is_never_taken_for_markup() -> None:
    """A reason may hold brackets."""
    text = shown(frame(replace(process("api"), trouble="[/red] broken [bold]")))

    assert "NO: [/red] broken [bold]" in text


def test_a_wide_terminal_gets_two_halves() -> None:
    """So that all of it fits in."""
    narrow, wide = shown(frame(process("api"))), shown(frame(process("api")), width=200)

    assert len(wide.splitlines()) < len(narrow.splitlines()) - 8
