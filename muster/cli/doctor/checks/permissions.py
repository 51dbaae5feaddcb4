"""May each service's user do what the topology needs, and nothing to what is others'?"""

from collections.abc import Iterable, Iterator

from muster.cli.doctor.finding import Finding, note, trouble, well
from muster.cli.doctor.patient import Broker, Patient
from muster.messaging.blueprint import DEFAULT_EXCHANGE, exchanges_of, queues
from muster.messaging.questions import Answer, May
from muster.messaging.topology import Topology, events_exchange

_GIVE = (
    "Give its user the rights it is to have: `muster broker-users > users.json`, then `rabbitmqctl "
    "import_definitions users.json` (docs/how-to/least-privilege.md)."
)
_ANY_EVENT = "of.a.question"  # behind the name of who says it; nobody hears it

Attempt = tuple[str, Answer]  # what was to be done, and what RabbitMQ said of it


def check(patient: Patient) -> Iterator[Finding]:
    """Yield what a service may not do though it has to, and what it may though it must not."""
    for service, broker in patient.answering_brokers.items():
        lacking = [
            f"{what}: {answer.words}"
            for what, answer in _needed(patient.topology, service, broker)
            if answer.may is May.NO
        ]
        if lacking:
            yield trouble(f"{service} may not {_listed(lacking)}", _GIVE)
        if not patient.separate_logins:
            continue
        too_much = _too_much(patient.topology, service, broker)
        if too_much:
            yield trouble(f"{service} may {_listed(too_much)}, and must not", _GIVE)
        if not lacking and not too_much:
            yield well(f"{service} may do what it has to at RabbitMQ, and nothing to others")
    if patient.answering_brokers and not patient.separate_logins:
        yield note(
            "All services share one login at RabbitMQ: whoever has it is all of them",
            "Let each service have a user of its own (docs/how-to/least-privilege.md).",
        )


def _needed(topology: Topology, service: str, broker: Broker) -> Iterator[Attempt]:
    for exchange in exchanges_of(service):
        yield f"make the exchange {exchange.name}", broker.declare_exchange(exchange)
        key = f"{service}.{_ANY_EVENT}"
        yield f"publish to {exchange.name}", broker.publish(exchange.name, key)
    for queue in queues(topology):
        if queue.name.startswith(f"{service}."):
            yield f"make the queue {queue.name}", broker.declare_queue(queue)
            yield f"read the queue {queue.name}", broker.read(queue.name)
    for subscription in topology.subscriptions:
        if subscription.service == service:
            for exchange_name, key in subscription.bindings():
                yield f"hear {key}", broker.hear(service, exchange_name, key)


def _too_much(topology: Topology, service: str, broker: Broker) -> list[str]:
    return [what for what, answer in _forbidden(topology, service, broker) if answer.may is May.YES]


def _forbidden(topology: Topology, service: str, broker: Broker) -> Iterator[Attempt]:
    others = [owner for owner in topology.owners if owner != service]
    own = events_exchange(service)
    yield "publish into any queue at once", broker.publish(DEFAULT_EXCHANGE, f"{service}.question")
    for other in others:
        event = f"{other}.{_ANY_EVENT}"
        yield f"publish as {other}", broker.publish(events_exchange(other), event)
        yield f"say {other}'s events on its own exchange", broker.publish(own, event)
        for exchange in exchanges_of(other):
            yield f"make the exchange {exchange.name}", broker.declare_exchange(exchange)
    for queue in queues(topology):
        if not queue.name.startswith(f"{service}."):
            yield f"make the queue {queue.name}", broker.declare_queue(queue)
            yield f"read the queue {queue.name}", broker.read(queue.name)


def _listed(things: Iterable[str], shown: int = 3) -> str:
    every = list(things)
    rest = f" and {len(every) - shown} more" if len(every) > shown else ""
    return "; ".join(every[:shown]) + rest
