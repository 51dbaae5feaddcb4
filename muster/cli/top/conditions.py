"""What would have somebody paged, read from the figures themselves: for who has no Prometheus.

The names and limits are those of deploy/prometheus/rules; what needs a history, as burn rates do,
only Prometheus can tell.
"""

from collections.abc import Iterator

from muster.cli.top.figures import Figures
from muster.cli.top.frame import Alert, Frame
from muster.messaging.topology import Topology

PAGE, TICKET = "page", "ticket"
OUTBOX_SECONDS = 60
TIMER_SECONDS = 60
REVIEW_SECONDS = 3600


def conditions(frame: Frame, topology: Topology) -> list[Alert]:
    """Return what is wrong at this moment, the gravest first."""
    found = [*_processes(frame), *_broker(frame), *_queues(frame, topology)]
    found += [*_machinery(frame.figures), *_work(frame.figures)]
    return sorted(found, key=lambda alert: alert.severity != PAGE)


def _processes(frame: Frame) -> Iterator[Alert]:
    for seen in frame.processes:
        if seen.exposition is None:
            yield Alert("ProcessDown", PAGE, f"{seen.name}: {seen.trouble}")
        elif seen.trouble is not None:
            yield Alert("ProcessNotReady", PAGE, f"{seen.name}: {seen.trouble}")


def _broker(frame: Frame) -> Iterator[Alert]:
    if frame.broker_trouble is not None:
        yield Alert("BrokerDown", PAGE, frame.broker_trouble)
    if frame.broker is None or frame.broker.exposition is None:
        return
    for name, what in (
        ("rabbitmq_alarms_memory_used_watermark", "memory"),
        ("rabbitmq_alarms_free_disk_space_watermark", "disk"),
    ):
        if frame.broker.exposition.one(name):
            yield Alert(
                f"Broker{what.capitalize()}Alarm", PAGE, f"RabbitMQ takes no messages: {what} alarm"
            )


def _queues(frame: Frame, topology: Topology) -> Iterator[Alert]:
    if frame.broker_trouble is not None:
        return
    for subscription in topology.subscriptions:
        work = frame.queues.get(subscription.queue)
        if work is None:
            yield Alert("QueueMissing", PAGE, f"{subscription.queue} is not there")
        elif not work.consumers:
            yield Alert("QueueWithoutConsumers", PAGE, f"nobody takes from {subscription.queue}")
        dead = frame.queues.get(subscription.dead_letter_queue)
        if dead and dead.messages:
            words = f"{dead.messages} dead letter(s) of {subscription.queue}"
            yield Alert("DeadLetters", TICKET, words)


def _machinery(figures: Figures) -> Iterator[Alert]:
    for service, up in figures.lowest("muster_database_up", "service").items():
        if not up:
            yield Alert("DatabaseDown", PAGE, f"a process cannot reach the database of {service}")
    for service, age in figures.highest("muster_outbox_oldest_age_seconds", "service").items():
        if age > OUTBOX_SECONDS:
            words = f"{service} has had an event to publish for {age:.0f} s"
            yield Alert("OutboxStuck", PAGE, words)
    late = figures.highest("muster_timer_oldest_overdue_seconds", "service")
    for service, age in late.items():
        if age > TIMER_SECONDS:
            yield Alert("TimersLate", PAGE, f"a timer of {service} is {age:.0f} s late")


def _work(figures: Figures) -> Iterator[Alert]:
    for country, number in figures.state("muster_check_ins_overdue", "country").items():
        if number:
            yield Alert("CheckInsOverdue", PAGE, f"{number:.0f} check-in(s) overdue in {country}")
    expiring = figures.state("muster_authorisations_expiring", "country", within="1d")
    for country, number in expiring.items():
        if number:
            words = f"{number:.0f} paper(s) of members at work in {country} end within a day"
            yield Alert("AuthorisationsExpiring", TICKET, words)
    age = figures.number("muster_review_oldest_age_seconds")
    if age is not None and age > REVIEW_SECONDS:
        yield Alert("ReviewsWaiting", TICKET, f"a review has waited for {age / 60:.0f} minutes")
