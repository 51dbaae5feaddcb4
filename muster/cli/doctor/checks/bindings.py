"""Does every queue hear what it should? Only RabbitMQ's own tools can tell, so it takes them."""

from collections.abc import Iterator

from muster.cli.doctor.finding import Finding, trouble, unknown, well
from muster.cli.doctor.patient import Patient
from muster.messaging.blueprint import queues

_LOOK = (
    "Name RabbitMQ's management page with --management-url, or compare `rabbitmqctl list_bindings` "
    "with docs/asyncapi.yaml."
)


def check(patient: Patient) -> Iterator[Finding]:
    """Yield every binding that is missing."""
    if not patient.answering_brokers:
        return
    if patient.bindings is None:
        yield unknown("Bindings cannot be seen from here: AMQP has no question for them", _LOOK)
        return
    there = patient.bindings()
    services = patient.settings.services
    wanted = {
        (exchange, queue.name, key)
        for queue in queues(patient.topology)
        if queue.name.partition(".")[0] in services
        for exchange, key in queue.bindings
    }
    missing = sorted(wanted - there)
    for exchange, queue, key in missing:
        yield trouble(
            f"The queue {queue} is not bound to {exchange} by {key}: it does not hear that",
            f"Restart a worker of {queue.partition('.')[0]}: it binds what is not bound.",
        )
    if not missing:
        yield well(f"All {len(wanted)} bindings are there")
