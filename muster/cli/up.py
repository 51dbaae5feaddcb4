"""Starts a whole Muster on this machine, and returns when every part of it is ready."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import ArgumentError, OperationalError

from muster.cli.broker import broker_is_ready, launch_broker
from muster.cli.credentials import ensure_keys, ensure_operator
from muster.cli.deployment import Deployment, Options, load, prepare
from muster.cli.down import stop
from muster.cli.errors import CannotRun
from muster.cli.files import one_at_a_time, private_directory
from muster.cli.node import Node
from muster.cli.readiness import why_not_ready
from muster.cli.running import Running, observe
from muster.cli.supervise import Supervisor
from muster.cli.waiting import wait_until

READY_SECONDS = 120  # of a busy machine; 3 to 9 otherwise
BROKER_SECONDS = 120  # 4 to 8 otherwise

TRIES_FOR_AN_ADDRESS = 3
ADDRESS_TAKEN = "address already in use"

Say = Callable[[str], None]


class _AddressTaken(CannotRun):
    """An address was free when it was chosen, and taken when the process wanted it."""


def start(options: Options, say: Say = lambda _: None) -> Running:
    """Start what does not run yet, and return once every process is ready. Idempotent.

    `say` gets a line for each step. If something does not start, all is stopped again and
    CannotRun tells why.
    """
    with one_at_a_time(private_directory(options.directory)):
        for _ in range(TRIES_FOR_AN_ADDRESS - 1):
            try:
                return _start(options, say)
            except _AddressTaken:
                say("Another program took an address before we could: starting again at another.")
        return _start(options, say)


def _start(options: Options, say: Say) -> Running:
    supervisor = Supervisor(options.directory)
    if supervisor.alive():
        deployment = load(options.directory)
        _refuse_change(options, deployment)
        say("Muster runs already; starting what does not.")
        _start_all(supervisor, deployment, say)
        return observe(deployment)
    supervisor.shut_down()  # what outlived its supervisor would still hold ports and data
    deployment = prepare(options)
    ensure_keys(deployment.settings())
    if deployment.node:
        _give_users(deployment.node, deployment)
    supervisor.start_daemon(deployment.programs(), deployment.environment(options.environment))
    with _all_or_nothing(options):
        _start_all(supervisor, deployment, say)
    return observe(deployment)


def _refuse_change(options: Options, deployment: Deployment) -> None:
    wanted = {"database": options.database_url, "broker": options.amqp_url}
    actual = {"database": deployment.database_url, "broker": deployment.amqp_url}
    for what, url in wanted.items():
        if url is not None and url != actual[what]:
            raise CannotRun(f"Muster runs already with another {what}: `muster down` first.")
    if options.workers not in (None, deployment.workers):
        number = deployment.workers
        raise CannotRun(f"Muster runs already with {number} worker(s): `muster down` first.")


@contextmanager
def _all_or_nothing(options: Options) -> Iterator[None]:
    try:
        yield
    except BaseException:
        stop(options.directory)
        raise


def _start_all(supervisor: Supervisor, deployment: Deployment, say: Say) -> None:
    node = deployment.node
    if node:
        say(f"RabbitMQ: starting a node of our own on port {node.ports['amqp']}")
        launch_broker(supervisor, node)
    say("Databases: creating or upgrading them")
    _migrate(deployment)
    if node:
        wait_until(
            lambda: broker_is_ready(supervisor, node), BROKER_SECONDS, "the start of RabbitMQ"
        )
        say("RabbitMQ: ready")
    for name in deployment.processes:
        supervisor.start(name)
    watch = _Watch(supervisor)
    for name in deployment.processes:
        watch.wait(deployment, name)
        say(f"{name}: ready at {deployment.address(name)}")
    ensure_operator(deployment)


def _migrate(deployment: Deployment) -> None:
    from muster.cli.bootstrap import migrate  # loads every service: only when it is needed

    try:
        migrate(deployment.settings())
    except (OperationalError, ArgumentError) as error:
        raise CannotRun(
            f"The databases cannot be used: {str(error).splitlines()[0]}\n"
            "If they are your own, check --database-url and that each of them exists."
        ) from error


def _give_users(node: Node, deployment: Deployment) -> None:
    from muster.cli.broker_users import give_users  # loads every service: only when it is needed

    give_users(node, deployment.settings())


class _Watch:
    """Tells a process that is still starting from one that ends again and again."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._pids: dict[str, int] = {}

    def wait(self, deployment: Deployment, name: str) -> None:
        """Return when a process is ready; raise CannotRun with its log if it has ended."""
        wait_until(lambda: self._ready(deployment, name), READY_SECONDS, f"the start of {name}")

    def _ready(self, deployment: Deployment, name: str) -> bool:
        process = next(p for p in self._supervisor.processes() if p.name == name)
        if not process.running or process.pid != self._pids.setdefault(name, process.pid):
            log = "\n".join(process.last_lines())
            failure = _AddressTaken if ADDRESS_TAKEN in log.lower() else CannotRun
            raise failure(
                f"{name} ended while it started. The end of its log, {process.log}:\n{log}\n"
                "Mend what it names, then run `muster up` again."
            )
        return why_not_ready(deployment.readiness_of(name), process.pid) is None
