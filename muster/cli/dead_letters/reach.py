"""Which dead letters are meant, and how to get at them: queue by queue, each as its own service."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from muster.cli.bootstrap import topology
from muster.cli.deployment import FILE, load
from muster.cli.errors import CannotRun, InputUnusable
from muster.contracts.catalogue import OWNERS
from muster.messaging.dead_letters import (
    DeadLetters,
    HeldLetters,
    QueueForbidden,
    QueueMissing,
    dead_letters,
)
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.publisher import RabbitPublisher
from muster.messaging.topology import Subscription
from muster.settings import Settings


@dataclass(frozen=True)
class Choice:
    """What the user may choose; None means all, or what the directory and environment say."""

    directory: Path
    amqp_url: str | None = None
    service: str | None = None
    queue: str | None = None


class Reach:
    """The subscriptions that were chosen, and connections to what lies in their dead letters."""

    def __init__(
        self, address_of: Callable[[str], str], subscriptions: tuple[Subscription, ...]
    ) -> None:
        self.subscriptions = subscriptions
        self._address_of = address_of
        self._open = ExitStack()
        self._connections: dict[str, DeadLetters] = {}
        self._publishers: dict[str, RabbitPublisher] = {}

    @contextmanager
    def held(self, subscription: Subscription) -> Iterator[HeldLetters]:
        """Hold letters of a subscription; those that are not removed are back afterwards."""
        address = self._address_of(subscription.service)
        if address not in self._connections:
            self._connections[address] = self._open.enter_context(dead_letters(address))
        with self._connections[address].of(subscription) as held:
            yield held

    def publisher(self, subscription: Subscription) -> RabbitPublisher:
        """Return a publisher with the rights of the subscription's service."""
        address = self._address_of(subscription.service)
        if address not in self._publishers:
            publisher = self._publishers[address] = RabbitPublisher(address)
            self._open.callback(publisher.close)
        return self._publishers[address]

    def close(self) -> None:
        """Close every connection."""
        self._open.close()


@contextmanager
def reach(choice: Choice) -> Iterator[Reach]:
    """Get at the chosen dead letters; whatever stands in the way becomes words and an exit code."""
    settings = _settings(choice)
    there = Reach(settings.amqp_url_of, _chosen(choice))
    try:
        yield there
    except BrokerUnavailable as error:
        raise CannotRun(
            f"{error}\nNo letter is lost: what was not dealt with lies where it was.\n"
            f"Is RabbitMQ up (`muster status`), and the address right? It comes from --amqp-url, "
            f"MUSTER_AMQP_URL, or {choice.directory / FILE}, in that order."
        ) from error
    except QueueForbidden as error:
        raise CannotRun(
            f"{error} Use the address of a user who may, each service's own for instance: "
            f"--amqp-url 'amqp://muster_{{service}}:…'."
        ) from error
    except QueueMissing as error:
        raise CannotRun(
            f"{error} A worker of its service declares it when it starts: `muster up`."
        ) from error
    finally:
        there.close()


def _settings(choice: Choice) -> Settings:
    if choice.amqp_url:
        return _readable(Settings(amqp_url=choice.amqp_url))
    if (choice.directory / FILE).exists():
        return load(choice.directory).settings()
    return _readable(Settings())


def _readable(settings: Settings) -> Settings:
    from muster.messaging.connection import nodes_of

    for service in OWNERS:
        address = settings.amqp_url_of(service)
        try:
            nodes_of(address, "dead letters")
        except ValueError as error:
            raise InputUnusable(str(error)) from error
    return settings


def _chosen(choice: Choice) -> tuple[Subscription, ...]:
    known = topology().subscriptions
    if choice.service is not None and choice.service not in OWNERS:
        raise InputUnusable(f"There is no service {choice.service!r}: {', '.join(OWNERS)}.")
    wanted = tuple(s for s in known if choice.service in (None, s.service))
    if choice.queue is None:
        return wanted
    queue = choice.queue.removesuffix(".dlq")
    named = tuple(s for s in wanted if s.queue == queue) or _former(queue, choice.service)
    if not named:
        names = "\n  ".join(s.queue for s in wanted)
        raise InputUnusable(f"There is no queue {choice.queue!r}. Choose from\n  {names}")
    return named


def _former(queue: str, service: str | None) -> tuple[Subscription, ...]:
    """Return a subscription that was given up since, whose letters may still lie there."""
    owner, _, name = queue.partition(".")
    if owner not in OWNERS or not name or service not in (None, owner):
        return ()
    return (Subscription(owner, name, ()),)
