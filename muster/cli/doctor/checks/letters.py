"""Do dead letters wait, and does somebody take from every queue?"""

from collections.abc import Iterator

from muster.cli.doctor.finding import Finding, trouble, well
from muster.cli.doctor.patient import Patient


def check(patient: Patient) -> Iterator[Finding]:
    """Yield every queue with dead letters, and every queue from which nobody takes."""
    troubles = [*_dead_letters(patient), *_forsaken(patient)]
    yield from troubles
    if not troubles and patient.answering_brokers:
        yield well("No dead letters wait, and every queue has a worker")


def _dead_letters(patient: Patient) -> Iterator[Finding]:
    for subscription in patient.topology.subscriptions:
        broker = patient.answering_brokers.get(subscription.service)
        depth = broker and broker.depth(subscription.dead_letter_queue)
        if depth and depth.messages:
            queue = subscription.queue
            yield trouble(
                f"{depth.messages} dead letter(s) of {queue} wait",
                f"`muster dead-letters list --queue {queue}` tells why; then replay or discard "
                "them (docs/how-to/handle-dead-letters.md).",
            )


def _forsaken(patient: Patient) -> Iterator[Finding]:
    for subscription in patient.topology.subscriptions:
        broker = patient.answering_brokers.get(subscription.service)
        depth = broker and broker.depth(subscription.queue)
        if depth and not depth.consumers:
            yield trouble(
                f"Nobody takes from {subscription.queue}; {depth.messages} message(s) wait there",
                f"Start a worker of {subscription.service}; if one runs, its /readyz says why not.",
            )
