"""Is every exchange and queue there, of the right kind, with the right arguments?"""

from collections.abc import Iterator

from muster.cli.doctor.finding import Finding, trouble, well
from muster.cli.doctor.patient import Broker, Patient
from muster.messaging.blueprint import exchanges_of, queues
from muster.messaging.questions import Answer, May

_MAKE = (
    "Restart a worker of {service}: it makes what is missing, and asks for what was missed "
    "(docs/adr/0019-lost-queues.md)."
)
_MAKE_ANEW = (
    "Its settings cannot be changed: stop what publishes to it, let it run empty, delete it "
    "(rabbitmqctl delete_queue), and restart a worker of {service}."
)


def check(patient: Patient) -> Iterator[Finding]:
    """Yield what is missing or otherwise than it should be."""
    for service, broker in patient.answering_brokers.items():
        troubles = [*_exchanges(service, broker), *_queues(patient, service, broker)]
        yield from troubles
        if not troubles:
            yield well(f"{service}: all exchanges and queues are there, as they should be")


def _exchanges(service: str, broker: Broker) -> Iterator[Finding]:
    for exchange in exchanges_of(service):
        if not broker.has_exchange(exchange.name):
            yield trouble(f"The exchange {exchange.name} is missing", _MAKE.format(service=service))
        else:
            answer = broker.declare_exchange(exchange)
            yield from _otherwise(f"The exchange {exchange.name}", service, answer)


def _queues(patient: Patient, service: str, broker: Broker) -> Iterator[Finding]:
    for queue in queues(patient.topology):
        if not queue.name.startswith(f"{service}."):
            continue
        if broker.depth(queue.name) is None:
            yield trouble(f"The queue {queue.name} is missing", _MAKE.format(service=service))
        else:
            answer = broker.declare_queue(queue)
            yield from _otherwise(f"The queue {queue.name}", service, answer)


def _otherwise(what: str, service: str, answer: Answer) -> Iterator[Finding]:
    if answer.may is May.OTHERWISE:
        what = f"{what} is not as it should be: {answer.words}"
        yield trouble(what, _MAKE_ANEW.format(service=service))
