"""What is done to it: each fault is a context, inside which it strikes and after which it ends."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial

from muster.cli.broker import broker_is_ready, launch_broker
from muster.service.crash_points import Step
from tests.faults.patient import DRAIN_S, HEARTBEAT_S, Patient, gone, now
from tests.servers.killing import kill_and_keep_down
from tests.waiting import eventually

STRUCK_WITHIN_S = 60
ENDED_WITHIN_S = 5  # after draining: connections are closed, the interpreter ends
ACCEPTED_WITHIN_S = 15
CUT_OFF_WITHIN_S = 10 * HEARTBEAT_S
_CLOSED = "rabbitmq_connections_closed_total"

Inflict = Callable[[Patient], AbstractContextManager[float]]  # yields when it struck


@dataclass(frozen=True)
class Fault:
    """One fault. While an outage lasts requests have to be accepted all the same."""

    name: str
    inflict: Inflict
    outage: bool = False

    def __str__(self) -> str:
        return self.name


@contextmanager
def _killed(name: str, patient: Patient) -> Iterator[float]:
    struck = now()
    pid = patient.send(name, signal.SIGKILL)
    eventually(lambda: gone(pid))
    yield struck


@contextmanager
def _told_to_stop(name: str, patient: Patient) -> Iterator[float]:
    """Tell it to stop, as a deploy does: it ends when it has to, long before it would be killed."""
    struck = now()
    pid = patient.send(name, signal.SIGTERM)
    eventually(lambda: gone(pid), within_s=DRAIN_S + ENDED_WITHIN_S)
    yield struck


@contextmanager
def _crashed(order: str, patient: Patient) -> Iterator[float]:
    draft = patient.orders.with_suffix(".draft")
    draft.write_text(order)
    draft.rename(patient.orders)
    eventually(lambda: not patient.orders.exists(), within_s=STRUCK_WITHIN_S, every_s=0.01)
    yield now()


@contextmanager
def _killed_by_a_mail(patient: Patient) -> Iterator[float]:
    pid = patient.pid("worker")
    patient.outside.received.at_next_mail(lambda: os.kill(pid, signal.SIGKILL))
    eventually(lambda: gone(pid), within_s=STRUCK_WITHIN_S)
    yield now()


@contextmanager
def _killed_by_a_webhook(patient: Patient) -> Iterator[float]:
    pid = patient.pid("worker")
    patient.outside.received.at_next_webhook(lambda: os.kill(pid, signal.SIGKILL))
    eventually(lambda: gone(pid), within_s=STRUCK_WITHIN_S)
    yield now()


@contextmanager
def _without_rabbitmq(patient: Patient) -> Iterator[float]:
    struck = now()
    kill_and_keep_down(patient.broker, "rabbitmq")
    try:
        yield struck
    finally:
        launch_broker(patient.broker, patient.node)
        eventually(lambda: broker_is_ready(patient.broker, patient.node), within_s=60)


@contextmanager
def _connections_closed(patient: Patient) -> Iterator[float]:
    struck = now()
    patient.node.control("close_all_connections", "a fault on purpose")
    yield struck


@contextmanager
def _memory_alarm(patient: Patient) -> Iterator[float]:
    struck = now()
    patient.node.control("set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        yield struck
    finally:
        patient.node.control("set_vm_memory_high_watermark", "0.25")


@contextmanager
def _queue_deleted(queue: str, patient: Patient) -> Iterator[float]:
    """Delete it while it holds messages, ready ones and others that a worker has in hand."""
    worker = patient.send("worker", signal.SIGSTOP)
    try:
        eventually(lambda: _length(patient, queue) > 0, within_s=STRUCK_WITHIN_S)
        struck = now()
        patient.node.control("delete_queue", queue)
    finally:
        os.kill(worker, signal.SIGCONT)
    yield struck


def _length(patient: Patient, queue: str) -> int:
    listed = patient.node.control("list_queues", "--no-table-headers", "name", "messages")
    lengths = dict(line.split() for line in listed.splitlines())
    return int(lengths.get(queue, 0))


@contextmanager
def _postgresql_restarted(patient: Patient) -> Iterator[float]:
    struck = now()
    pid = patient.send("postgres", signal.SIGQUIT)  # an immediate shutdown; it recovers at start
    eventually(lambda: gone(pid), within_s=30)
    yield struck


@contextmanager
def _backends_terminated(patient: Patient) -> Iterator[float]:
    struck = now()
    assert patient.terminate_backends() > 0
    yield struck


@contextmanager
def _stopped_and_continued(name: str, patient: Patient) -> Iterator[float]:
    """Stop it until the broker has given it up, with another one of its kind beside it."""
    with patient.a_spare(name):
        closed = patient.seen_by_the_broker(_CLOSED)
        struck = now()
        pid = patient.send(name, signal.SIGSTOP)
        try:
            eventually(
                lambda: patient.seen_by_the_broker(_CLOSED) > closed,
                within_s=CUT_OFF_WITHIN_S,
                every_s=0.2,
            )
            if name == "relay" and patient.postgres:
                assert patient.end_relays_rights() > 0  # so that the other one takes over
                key = patient.load.probe()
                eventually(lambda: patient.load.was_offered(key), within_s=60)
        finally:
            os.kill(pid, signal.SIGCONT)
        yield struck


def _for_each(words: str, inflict: Callable[..., AbstractContextManager[float]]) -> list[Fault]:
    names = ("api", "worker", "relay")
    return [Fault(words.format(name), partial(inflict, name)) for name in names]


_AT_WHICH_PASSING = {
    Step.TIMER_BEFORE_COMMIT: 1,
    Step.TIMER_AFTER_COMMIT: 1,
}
SENT_AND_NOT_RECORDED = [
    Fault("worker killed when an e-mail was out", _killed_by_a_mail),
    Fault("worker killed when a webhook was out", _killed_by_a_webhook),
]
KILLED = _for_each("{} killed", _killed)
CRASHED = [
    Fault(f"crash at {step}", partial(_crashed, f"{step}:{_AT_WHICH_PASSING.get(step, 7)}"))
    for step in Step
]
BROKER = [
    Fault("RabbitMQ killed", _without_rabbitmq, outage=True),
    Fault("all connections closed", _connections_closed),
    Fault("memory alarm", _memory_alarm, outage=True),
    Fault("queue matching.sourcing deleted", partial(_queue_deleted, "matching.sourcing")),
    Fault("queue notify.news deleted", partial(_queue_deleted, "notify.news")),
]
DATABASE = [
    Fault("PostgreSQL restarted", _postgresql_restarted),
    Fault("sessions with PostgreSQL ended", _backends_terminated),
]
STOPPED = [
    Fault(f"{name} stopped past its heartbeat", partial(_stopped_and_continued, name))
    for name in ("worker", "relay")
]
DEPLOYED = _for_each("{} told to stop", _told_to_stop)
EVERY = SENT_AND_NOT_RECORDED + KILLED + CRASHED + BROKER + DATABASE + STOPPED + DEPLOYED
A_FEW = SENT_AND_NOT_RECORDED[:1] + KILLED + CRASHED[::2] + BROKER[:1] + DEPLOYED
