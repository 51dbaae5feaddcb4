"""Does RabbitMQ answer, and does it let each service in?"""

from collections import defaultdict
from collections.abc import Iterator

from muster.cli.doctor.finding import Finding, note, trouble, well
from muster.cli.doctor.patient import Patient
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.questions import NotLetIn

_START = "Start RabbitMQ, or correct MUSTER_AMQP_URL; `muster status` shows one `muster up` runs."
_LET_IN = (
    "Compare the password with the one RabbitMQ knows (MUSTER_AMQP_PASSWORD_FILE), and see that "
    "the virtual host is there: `muster broker-users > users.json`, then `rabbitmqctl "
    "import_definitions users.json`, sets up both."
)


def check(patient: Patient) -> Iterator[Finding]:
    """Yield one finding for each way in which services cannot get in, and one for all who can."""
    if not patient.answering_brokers and not patient.names_a_broker:
        yield note(
            "No RabbitMQ is named here, and none answers where one would be by default",
            "An api needs none. For a worker or a relay, set MUSTER_AMQP_URL.",
        )
        return
    failures: dict[tuple[str, str], list[str]] = defaultdict(list)
    for service, broker in patient.brokers.items():
        if isinstance(broker, NotLetIn):
            failures[f"RabbitMQ answers and does not let in: {broker}", _LET_IN].append(service)
        elif isinstance(broker, BrokerUnavailable):
            failures[str(broker), _START].append(service)
    for (what, todo), services in failures.items():
        yield trouble(f"{what} ({', '.join(services)})", todo)
    if reached := patient.answering_brokers:
        yield well(f"RabbitMQ lets in {', '.join(reached)}")
