"""What would have somebody paged, read from the figures themselves: for who has no Prometheus.

The names, severities and limits are those of deploy/prometheus/rules. An alert there waits a minute
or so whether it passes; one look cannot. What needs a history, as burn rates do, only Prometheus
can tell.
"""

import re
from collections.abc import Iterable, Iterator

from muster.cli.top.figures import Figures
from muster.cli.top.frame import Alert, Frame, Seen
from muster.messaging.topology import Topology

PAGE, TICKET, INFO = "page", "ticket", "info"
OUTBOX_SECONDS = TIMER_SECONDS = 60
REVIEW_SECONDS = 3600
MEASURED_SECONDS = 120

# No rule has these: Prometheus sees neither /readyz nor a queue that is not there.
ONLY_HERE = ("ProcessNotReady", "QueueMissing")

_KINDS = (("api", "ApiDown"), ("worker", "WorkersDown"), ("relay", "RelayDown"))


def conditions(frame: Frame, topology: Topology) -> list[Alert]:
    """Return what is wrong at this moment, the gravest first."""
    found = [*_processes(frame.processes), *_broker(frame), *_queues(frame, topology)]
    found += [*_machinery(frame), *_work(frame.figures)]
    return sorted(found, key=lambda alert: alert.severity != PAGE)


def _processes(processes: Iterable[Seen]) -> Iterator[Alert]:
    every = list(processes)
    for kind, name in _KINDS:
        alike = [seen for seen in every if re.fullmatch(rf"(.+-)?{kind}([- ].+)?", seen.name)]
        if alike and not any(seen.exposition for seen in alike):
            yield Alert(name, PAGE, f"no {kind} answers: {alike[0].trouble}")
            every = [seen for seen in every if seen not in alike]
    for seen in every:
        if seen.exposition is None:
            yield Alert("ProcessDown", TICKET, f"{seen.name}: {seen.trouble}")
        elif seen.trouble is not None:
            yield Alert("ProcessNotReady", TICKET, f"{seen.name}: {seen.trouble}")


def _broker(frame: Frame) -> Iterator[Alert]:
    up = frame.figures.highest("muster_broker_up", "service")
    if frame.broker_trouble is not None:
        yield Alert("BrokerDown", PAGE, frame.broker_trouble)
    elif up and not any(up.values()):
        yield Alert("BrokerDown", PAGE, "no process reaches it")
    elif lost := sorted(service for service, well in up.items() if not well):
        yield Alert("BrokerUnreachable", PAGE, f"not for {', '.join(lost)}")
    if frame.broker is None or frame.broker.exposition is None:
        return
    for figure, name in (
        ("rabbitmq_alarms_memory_used_watermark", "BrokerMemoryAlarm"),
        ("rabbitmq_alarms_free_disk_space_watermark", "BrokerDiskAlarm"),
    ):
        if frame.broker.exposition.one(figure):
            yield Alert(name, PAGE, "RabbitMQ takes no messages; they wait in the outboxes")


def _queues(frame: Frame, topology: Topology) -> Iterator[Alert]:
    if frame.broker_trouble is not None:
        return
    for subscription in topology.subscriptions:
        work = frame.queues.get(subscription.queue)
        if work is None:
            yield Alert("QueueMissing", PAGE, f"{subscription.queue} is not there")
        elif not work.consumers:
            yield Alert("NoConsumers", PAGE, f"nobody takes from {subscription.queue}")
        dead = frame.queues.get(subscription.dead_letter_queue)
        if dead and dead.messages:
            yield Alert("DeadLetters", TICKET, f"{dead.messages} of {subscription.queue}")


def _machinery(frame: Frame) -> Iterator[Alert]:
    figures = frame.figures
    for service, up in figures.lowest("muster_database_up", "service").items():
        if not up:
            yield Alert("DatabaseUnreachable", PAGE, f"a process cannot reach that of {service}")
    for service, age in figures.highest("muster_outbox_oldest_age_seconds", "service").items():
        if age > OUTBOX_SECONDS:
            yield Alert("OutboxStuck", PAGE, f"{service} has had to say something for {age:.0f} s")
    late = figures.highest("muster_timer_oldest_overdue_seconds", "service")
    for service, age in late.items():
        if age > TIMER_SECONDS:
            yield Alert("TimersLate", PAGE, f"one of {service} is {age:.0f} s late")
    measured = figures.highest("muster_measured_timestamp_seconds", "service")
    for service, moment in measured.items():
        if (age := frame.at.timestamp() - moment) > MEASURED_SECONDS:
            words = f"the figures of {service} are {age:.0f} s old"
            yield Alert("MeasuringStopped", TICKET, words)


def _work(figures: Figures) -> Iterator[Alert]:
    for country, number in figures.state("muster_check_ins_overdue", "country").items():
        if number:
            yield Alert("CheckInOverdue", PAGE, f"{number:.0f} in {country}")
    incidents = figures.state("muster_incidents_open", "severity")
    for severity in ("extreme", "severe"):
        if open_now := incidents.get(severity):
            yield Alert("SevereIncidentOpen", PAGE, f"{open_now:.0f} {severity}")
    soon: dict[str, float] = {}
    for within, severity in (("1d", PAGE), ("7d", TICKET)):
        expiring = figures.state("muster_authorisations_expiring", "country", within=within)
        for country, number in expiring.items():
            if more := number - soon.get(country, 0):
                words = f"{more:.0f} of members at work in {country}, within {within}"
                yield Alert("AuthorisationExpiring", severity, words)
        soon = expiring
    oldest = figures.number("muster_review_oldest_age_seconds")
    if oldest is not None and oldest > REVIEW_SECONDS:
        yield Alert("ReviewsOld", TICKET, f"one has waited for {oldest / 60:.0f} minutes")
