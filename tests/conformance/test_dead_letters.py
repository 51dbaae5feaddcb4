"""Dead letters on a real RabbitMQ, handled by the command an operator types."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from muster.cli import main as command_line
from muster.cli.bootstrap import metadata_of, topology
from muster.cli.node import Node
from muster.clock import SimulatedClock, SystemClock
from muster.contracts.vocabulary.errors import DomainError
from muster.contracts.vocabulary.identifiers import CapabilityId, EventId
from muster.messaging.blueprint import DELIVERY_LIMIT
from muster.messaging.declare import declare
from muster.messaging.envelope import Envelope
from muster.messaging.ports import OutboundMessage, Outcome
from muster.messaging.publisher import RabbitPublisher
from muster.messaging.shared_connection import RabbitConnection
from muster.messaging.topology import Subscription, Topology, events_exchange
from muster.service.inlet import Inlet, take_and_ack
from muster.storage.unit_of_work import UnitOfWork
from services.matching import projection
from services.matching.use_cases.project_registry import project_registry
from tests.events import SOMEBODY, an_event
from tests.servers.rabbitmq import fresh_vhost
from tests.stores import memory_store
from tests.unit.matching.builders import capability_changed
from tests.waiting import eventually

pytestmark = pytest.mark.broker

QUEUE = "matching.registry"
REGISTRY = next(s for s in topology().subscriptions if s.queue == QUEUE)
DAY = timedelta(days=1)


class World:
    """Matching's ear for the registry, on a RabbitMQ of its own; it refuses what it is told to."""

    def __init__(self, amqp_url: str) -> None:
        self.amqp_url = amqp_url
        self.clock = SimulatedClock(SystemClock().now())
        self.store = memory_store("matching", metadata_of("matching"), self.clock)
        self.refused: set[str] = set()
        self.publisher = RabbitPublisher(amqp_url)
        self.connection = RabbitConnection(amqp_url)
        self.subscriber = self.connection.subscriber(QUEUE, 100)
        self.inlet = Inlet(REGISTRY, self._project, self.store, self.publisher)

    def publish(self, number: int, version: int = 1, body: bytes | None = None) -> None:
        """Have the registry say what a capability has become; its capacity is its version."""
        event = capability_changed("guards", version=version, capacity=version)
        envelope = Envelope(EventId(f"evt_{number}"), self.clock.now(), event, SOMEBODY, version)
        message = OutboundMessage(
            exchange=events_exchange("registry"),
            routing_key=event.routing_key(),
            message_id=envelope.id,
            type=event.event_type,
            body=envelope.to_json() if body is None else body,
        )
        assert self.publisher.publish([message]) == [Outcome.CONFIRMED]

    def work(self, until: Callable[[], bool]) -> None:
        """Be a worker until it is so."""

        def step() -> bool:
            if deliveries := self.subscriber.poll(100):
                take_and_ack(self.inlet, self.subscriber, deliveries)
            return until()

        eventually(step)

    def bury(self, *numbers: int, version: int = 1) -> None:
        """Have messages refused, one after the other, until all are dead letters."""
        for number in numbers:
            self.refused.add(f"evt_{number}")
            self.publish(number, version)
            self.work(lambda number=number: f"evt_{number}" in self.letters())  # type: ignore[misc]
        self.refused.clear()

    def letters(self) -> list[str]:
        """Return the ids of the dead letters, in their order; hold them until none is away."""
        other = RabbitConnection(self.amqp_url)
        try:
            channel = other.channel()
            found: list[str] = []
            while True:
                method, properties, _ = channel.basic_get(REGISTRY.dead_letter_queue)
                if method is None:
                    return found
                found.append(properties.message_id or "")
        finally:
            other.close()

    def set_back(self, by: timedelta) -> None:
        """Say from now on what is so much older."""
        self.clock = SimulatedClock(self.clock.now() - by)

    def effects(self) -> int:
        """Return how many messages took effect."""
        outbox = self.store.metadata.tables["outbox_messages"]
        with self.store.read() as connection:
            return connection.execute(select(func.count()).select_from(outbox)).scalar_one()

    def capacity(self) -> int:
        """Return what the projection holds."""
        identifier = CapabilityId("cap_guards")
        with self.store.read() as connection:
            return projection.load_capabilities(connection, {identifier})[identifier].capacity

    def close(self) -> None:
        """Hang up."""
        self.connection.close()
        self.publisher.close()

    def _project(self, work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        for envelope in envelopes:
            if envelope.id in self.refused:
                raise DomainError(f"{envelope.id} is not wanted")
            with work.caused_by(envelope):
                work.record(an_event(reference=envelope.id))
        project_registry(work, [envelope.event for envelope in envelopes])


@pytest.fixture(scope="module")
def vhost(rabbitmq_node: Node) -> str:
    """A virtual host with every queue of Muster."""
    address = fresh_vhost(rabbitmq_node)
    declare(address, topology())
    return address


@pytest.fixture
def world(vhost: str) -> Iterator[World]:
    """A worker of matching; what its queues held is gone."""
    world = World(vhost)
    channel = world.connection.channel()
    for queue in (REGISTRY.queue, REGISTRY.dead_letter_queue):
        channel.queue_purge(queue)
    yield world
    world.close()


@pytest.fixture
def muster(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, str, str]]:
    """Type `muster dead-letters …`, and get exit code, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        place = ("--amqp-url", world.amqp_url, "--directory", str(tmp_path))
        monkeypatch.setattr(sys, "argv", ["muster", "dead-letters", *arguments, *place])
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


Muster = Callable[..., tuple[int, str, str]]


def test_a_bad_message_becomes_a_letter_with_all_its_facts(world: World, muster: Muster) -> None:
    """Its neighbours in the batch take effect, and it says why, who, how often and when."""
    world.refused.add("evt_2")
    for number in (1, 2, 3):
        world.publish(number, version=number)
    world.work(lambda: world.letters() == ["evt_2"])

    code, listed, _ = muster("list", "--json")

    assert (code, world.effects(), world.capacity()) == (0, 2, 3)
    (letter,) = json.loads(listed)["letters"]
    assert letter.pop("died_at") == letter.pop("first_failed_at")
    assert letter == {
        "message_id": "evt_2",
        "type": "muster.registry.capability.changed.v1",
        "subject": "cap_guards",
        "service": "matching",
        "subscription": "registry",
        "queue": QUEUE,
        "reason": "DomainError: evt_2 is not wanted",
        "attempts": 1,
        "replays": 0,
        "given_up_by": "worker",
    }


def test_looking_takes_nothing_and_lists_the_oldest_first(world: World, muster: Muster) -> None:
    """However often somebody looks, and however little of it."""
    world.bury(1, 2, 3)

    for look in (("list",), ("list", "--limit", "1"), ("show", "evt_2"), ("list", "--json")):
        assert muster(*look, "--queue", QUEUE)[0] == 0
        eventually(lambda: sorted(world.letters()) == ["evt_1", "evt_2", "evt_3"])
    (rows,) = [json.loads(muster("list", "--json")[1])["letters"]]
    assert [row["message_id"] for row in rows] == ["evt_1", "evt_2", "evt_3"]


def test_a_list_says_how_many_there_are_when_it_shows_fewer(world: World, muster: Muster) -> None:
    """And how to see the rest."""
    world.bury(1, 2, 3)

    _, listed, _ = muster("list", "--limit", "1")

    assert f"{QUEUE}: 3 dead letters, the oldest died" in listed
    assert "evt_1" in listed
    assert "evt_2" not in listed
    assert "2 more; `--limit 3` shows all" in listed


def test_a_letter_is_shown_in_full(world: World, muster: Muster) -> None:
    """With the event, the way to go on, and a word on who may read it."""
    world.bury(1)

    code, shown, _ = muster("show", "evt_1")

    assert code == 0
    for part in (
        "DomainError: evt_1 is not wanted",
        "said by       /registry",
        '"capability_id": "cap_guards"',
        f"replay evt_1 --queue {QUEUE}",
        "operators may",
    ):
        assert part in shown


def test_what_is_replayed_takes_effect_once(world: World, muster: Muster) -> None:
    """Under its old id, and its letter is gone."""
    world.bury(1)

    code, said, _ = muster("replay", "evt_1")
    world.work(lambda: world.effects() == 1)

    assert code == 0
    assert f"evt_1 -> {QUEUE}: put back" in said
    assert world.letters() == []


def test_a_replay_of_what_took_effect_meanwhile_has_none(world: World, muster: Muster) -> None:
    """Another copy of the message was luckier; the inbox knows the id."""
    world.bury(1)
    world.publish(1)
    world.work(lambda: world.effects() == 1)

    assert muster("replay", "--all")[0] == 0
    world.publish(2)
    world.work(lambda: world.effects() == 2)  # what was put back came before it

    assert world.letters() == []


def test_an_old_version_that_is_replayed_does_not_overwrite_a_newer_one(
    world: World, muster: Muster
) -> None:
    """Whatever lay among the dead letters, the projection keeps what is newest."""
    world.bury(1, version=1)
    world.publish(2, version=2)
    world.work(lambda: world.effects() == 1)

    assert muster("replay", "evt_1")[0] == 0
    world.work(lambda: world.effects() == 2)

    assert world.capacity() == 2


def test_what_dies_again_is_a_new_letter(world: World, muster: Muster) -> None:
    """It says that it was put back before; its attempts count from one again."""
    world.bury(1)
    world.refused.add("evt_1")

    muster("replay", "--all")
    world.work(lambda: world.letters() == ["evt_1"])

    (letter,) = json.loads(muster("show", "evt_1", "--json")[1])
    assert (letter["attempts"], letter["replays"]) == (1, 1)


def test_a_letter_that_the_inbox_may_have_forgotten_is_not_replayed(
    world: World, muster: Muster
) -> None:
    """Unless whoever asks insists."""
    world.set_back(31 * DAY)
    world.bury(1)

    code, said, error = muster("replay", "evt_1")

    assert code == 1
    assert "NOT put back" in said
    assert "--even-if-old" in said
    assert "1 not put back" in error
    assert world.letters() == ["evt_1"]
    assert muster("replay", "evt_1", "--even-if-old")[0] == 0
    world.work(lambda: world.effects() == 1)


def test_what_is_discarded_leaves_a_trace(world: World, muster: Muster, tmp_path: Path) -> None:
    """Who, when, why and the whole message; its neighbour stays."""
    world.bury(1, 2)

    code, _, _ = muster("discard", "evt_1", "--reason", "a test order", "--yes", "--by", "Ann")

    assert code == 0
    assert world.letters() == ["evt_2"]
    journal = tmp_path / "discarded-dead-letters.jsonl"
    (line,) = map(json.loads, journal.read_text().splitlines())
    assert (line["discarded_by"], line["reason"]) == ("Ann", "a test order")
    assert json.loads(line["letter"]["body"])["id"] == "evt_1"
    assert journal.stat().st_mode & 0o077 == 0


def test_nothing_is_discarded_that_the_journal_could_not_keep(
    world: World, muster: Muster, tmp_path: Path
) -> None:
    """Nor without a reason, nor if one of the ids is unknown."""
    world.bury(1)
    (tmp_path / "journal").mkdir()

    for arguments, code in (
        (("evt_1", "--reason", "x", "--journal", str(tmp_path / "journal")), 1),
        (("evt_1", "evt_9", "--reason", "x"), 1),
        (("evt_1", "--reason", " "), 2),
        (("evt_1",), 2),
    ):
        assert muster("discard", *arguments, "--yes")[0] == code

    assert world.letters() == ["evt_1"]


def test_a_letter_that_the_broker_gave_up_says_so(world: World, muster: Muster) -> None:
    """A message that ends every worker that takes it has nobody to write a reason; it can be
    replayed like any other."""
    world.publish(1)

    def died() -> bool:
        world.subscriber.release(world.subscriber.poll(1))
        return world.letters() == ["evt_1"]

    eventually(died, within_s=30, every_s=0.005)

    _, listed, _ = muster("list")
    (letter,) = json.loads(muster("show", "evt_1", "--json")[1])

    assert f"RabbitMQ gave it up: it came back unsettled {DELIVERY_LIMIT + 1} times" in listed
    assert f"{DELIVERY_LIMIT + 1} attempts" in listed
    assert (letter["given_up_by"], letter["subscription"]) == ("rabbitmq", "registry")
    assert [death["reason"] for death in letter["deaths"]] == ["delivery_limit"]
    assert letter["died_at"] is not None
    assert muster("replay", "evt_1")[0] == 0
    world.work(lambda: world.effects() == 1)


def test_a_message_without_an_id_and_full_of_tricks_can_be_handled(
    world: World, muster: Muster
) -> None:
    """It is called by a digest of its body, and no terminal obeys what it holds."""
    stray = OutboundMessage(
        events_exchange("registry"),
        "registry.capability.changed.v1",
        message_id="",
        type="\x1b[2Jspoof",
        body=b"\x1b]0;rubbish\xff",
    )
    world.publisher.publish([stray])
    world.work(lambda: world.letters() == [""])

    (letter,) = json.loads(muster("list", "--json")[1])["letters"]
    code, shown, _ = muster("show", letter["message_id"])

    assert letter["message_id"].startswith("body-")
    assert code == 0
    assert "\x1b" not in shown
    assert muster("discard", letter["message_id"], "--reason", "rubbish", "--yes")[0] == 0
    assert world.letters() == []


KILLED_BEFORE_THE_LETTER_IS_REMOVED = """
import os, signal
from muster.messaging.dead_letters import HeldLetters
HeldLetters.remove = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
from muster.cli.main import main
main()
"""


@pytest.mark.parametrize("command", [("replay", "--all"), ("discard", "evt_1", "--yes")])
def test_a_kill_before_the_letter_is_removed_loses_and_doubles_nothing(
    world: World, muster: Muster, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """What was replayed is in both places for a while, and takes effect once; what was to be
    discarded is still there."""
    world.bury(1)
    reason = ("--reason", "x") if command[0] == "discard" else ()
    place = ("--amqp-url", world.amqp_url, "--directory", str(tmp_path))
    arguments = ("dead-letters", *command, *reason, *place)
    ended = subprocess.run(
        [sys.executable, "-c", KILLED_BEFORE_THE_LETTER_IS_REMOVED, *arguments],
        env=os.environ,
        check=False,
        capture_output=True,
    )

    assert ended.returncode == -9
    eventually(lambda: world.letters() == ["evt_1"])
    assert muster("replay", "--all")[0] == 0
    world.publish(2, version=2)
    world.work(lambda: world.effects() == 2)
    assert world.letters() == []


def test_what_cannot_be_done_is_said_with_what_to_do_next(world: World, muster: Muster) -> None:
    """Nothing there, an unknown id, an unknown queue, a queue that was never declared."""
    code, listed, _ = muster("list")
    assert (code, "No dead letters." in listed) == (0, True)
    for arguments, code, advice in (
        (("show", "evt_9"), 1, "dead-letters list"),
        (("replay", "evt_9"), 1, "dead-letters list"),
        (("replay",), 2, "--all"),
        (("list", "--queue", "nobody.here"), 2, QUEUE),
        (("list", "--service", "nobody"), 2, "matching"),
        (("list", "--queue", "matching.former"), 1, "worker"),
    ):
        ended, _, error = muster(*arguments)
        assert (ended, advice in error) == (code, True), error


def test_a_broker_that_is_down_is_said_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With where the address comes from, and without a password."""
    address = "amqp://somebody:secret@127.0.0.1:1/%2F"
    monkeypatch.setattr(sys, "argv", ["muster", "dead-letters", "list", "--amqp-url", address])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    error = capsys.readouterr().err

    assert ended.value.code == 1
    assert "127.0.0.1:1" in error
    assert "MUSTER_AMQP_URL" in error
    assert "secret" not in error


def test_letters_of_a_subscription_that_was_given_up_can_still_be_seen(
    world: World, muster: Muster
) -> None:
    """They are put back nowhere, for nobody listens; they can be discarded."""
    former = Subscription("matching", "former", ())
    declare(world.amqp_url, Topology((former,), owners=()))
    letter = OutboundMessage("matching.dlx", former.queue, "evt_1", "old", b"{}")
    assert world.publisher.publish([letter]) == [Outcome.CONFIRMED]
    channel = world.connection.channel()
    channel.queue_delete(former.queue)

    try:
        code, said, _ = muster("replay", "evt_1", "--queue", former.queue, "--even-if-old")
        assert (code, "NOT put back: its work queue is not there" in said) == (1, True)
        where = ("--queue", former.dead_letter_queue)
        assert muster("discard", "evt_1", "--reason", "given up", "--yes", *where)[0] == 0
    finally:
        channel.queue_delete(former.dead_letter_queue)
