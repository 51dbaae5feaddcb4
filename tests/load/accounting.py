"""What became of everything a client was told: the ledger against the stores, after healing."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, select

from muster.cli.bootstrap import topology
from muster.contracts.vocabulary.statuses import RequestStatus
from muster.messaging.topology import Subscription
from muster.storage.store import Store
from services.matching.queries import overbooked
from tests.load import ledger as said
from tests.load.broker import waiting_messages
from tests.load.desk import Goal
from tests.load.latencies import Latency, latencies
from tests.load.ledger import entries
from tests.load.sinks import Received
from tests.load.target import Target
from tests.waiting import eventually

_SAMPLES = 10
_FINE: Mapping[Goal, frozenset[str]] = {
    Goal.OFFERED: frozenset(RequestStatus) - {RequestStatus.SUBMITTED, RequestStatus.EXPIRED},
    Goal.CONFIRMED: frozenset(
        {
            RequestStatus.CONFIRMED,
            RequestStatus.IN_SERVICE,
            RequestStatus.CLOSED,
            RequestStatus.UNFILLED,
        }
    ),
    Goal.CLOSED: frozenset({RequestStatus.CLOSED, RequestStatus.UNFILLED}),
}
# Steps that a thing takes once in its life; a second time is an effect that happened twice.
_ONCE = {
    "request": {"submitted", "confirmed", "in_service", "closed", "unfilled"},
    "offer": {"sent", "accepted", "declined", "committed"},
    "job": {"committed", "acknowledged", "in_service", "released", "completed"},
}


@dataclass(frozen=True)
class Accounting:
    """What was asked and what became of it. Every list but `statuses` should be empty.

    `lost` was answered 2xx and is not there, or has not come to its end; `doubled` happened
    twice; `repeated` reached the outside twice under the same id, by which it can tell.
    """

    attempted: int
    acknowledged: int
    statuses: dict[str, int]
    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    overbooked: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    undelivered: dict[str, int] = field(default_factory=dict)  # events not taken, by subscription
    outbox_backlog: int = 0
    dead_letters: dict[str, int] = field(default_factory=dict)
    queued: dict[str, int] = field(default_factory=dict)  # messages still in a queue
    repeated: dict[str, int] = field(default_factory=dict)  # e-mails and webhooks, same id
    unsent: int = 0  # e-mails and webhooks that still wait
    seconds: dict[str, Latency] = field(default_factory=dict)  # from the time they were due

    def as_json(self) -> dict[str, Any]:
        """Return it for a report; lists are cut short, with their length beside them."""
        told = asdict(self)
        for name in ("lost", "doubled", "overbooked", "unexpected"):
            found = told[name]
            told[name] = len(found)
            if found:
                told[f"{name}_samples"] = list(found[:_SAMPLES])
        return told

    def assert_nothing_lost(self) -> None:
        """Fail, saying all there is to say, if anything is lost, doubled, overbooked or left."""
        assert self.acknowledged, "nothing was acknowledged: this proves nothing"
        wrong = (self.lost, self.doubled, self.overbooked, self.unexpected, self.undelivered)
        left = (self.outbox_backlog, self.dead_letters, self.queued, self.unsent)
        assert not any((*wrong, *left)), orjson.dumps(
            self.as_json(), option=orjson.OPT_INDENT_2
        ).decode()


@dataclass
class _Told:
    """What the ledger says."""

    attempted: set[str] = field(default_factory=set)
    acknowledged: dict[str, str] = field(default_factory=dict)  # request id by key
    answers: dict[str, str] = field(default_factory=dict)  # by offer
    steps: set[tuple[str, str]] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def take(self, entry: said.Entry) -> None:
        """Add an entry."""
        match entry["is"]:
            case said.DUE:
                self.attempted.add(entry["key"])
            case said.ACKNOWLEDGED:
                self.acknowledged[entry["key"]] = entry["request"]
            case said.ACCEPTED | said.DECLINED as answer:
                self.answers[entry["offer"]] = answer
            case said.STEP:
                self.steps.add((entry["job"], entry["step"]))
            case said.REFUSED:
                self.wrong.append(f"{entry['key']} was refused: {entry['why']}")
            case said.TROUBLE:
                self.wrong.append(entry["what"])


def account(
    target: Target,
    ledger: Path,
    *,
    goal: Goal = Goal.CLOSED,
    received: Received | None = None,
    at_rest_within_s: float = 30,
) -> Accounting:
    """Compare the ledger with the stores, the broker and what reached the outside.

    It waits for a while until nothing moves any more; what moves even then is told as it is.
    """
    stores = target.stores()
    try:
        with suppress(AssertionError):
            eventually(lambda: _at_rest(stores, target), at_rest_within_s, every_s=0.2)
        broker = waiting_messages(target.amqp_url)
        return compare(ledger, stores, topology().subscriptions, goal, received, broker)
    finally:
        for store in stores.values():
            store.engine.dispose()


def compare(
    ledger: Path,
    stores: Mapping[str, Store],
    subscriptions: Iterable[Subscription],
    goal: Goal,
    received: Received | None,
    broker: tuple[dict[str, int], dict[str, int]],
) -> Accounting:
    """Compare the ledger with all these as they are now."""
    told = _Told()
    for entry in entries(ledger):
        told.take(entry)
    found = _Found.of(stores)
    queued, dead_letters = broker
    return Accounting(
        attempted=len(told.attempted),
        acknowledged=len(told.acknowledged),
        statuses=dict(Counter(found.status_of.values())),
        lost=(*_lost_requests(told, found, goal), *_lost_answers(told, found)),
        doubled=(*found.doubled, *(received.doubled if received else ())),
        overbooked=tuple(found.overbooked),
        unexpected=(*told.wrong, *_unexplained(told, found)),
        undelivered=_undelivered(stores, subscriptions),
        outbox_backlog=found.outbox_backlog,
        dead_letters=dead_letters,
        queued=queued,
        repeated=received.repeated if received else {},
        unsent=found.unsent,
        seconds=latencies(ledger),
    )


def _at_rest(stores: Mapping[str, Store], target: Target) -> bool:
    for service, store in stores.items():
        outbox = store.metadata.tables["outbox_messages"]
        waiting = [select(outbox.c.sequence).where(outbox.c.published_at.is_(None))]
        if service == "notify":
            note = store.metadata.tables["notifications"]
            waiting.append(select(note.c.notification_id).where(note.c.settled_at.is_(None)))
        with store.read() as connection:
            if any(connection.execute(each.limit(1)).first() for each in waiting):
                return False
    return not waiting_messages(target.amqp_url)[0]


@dataclass
class _Found:
    """What the stores say."""

    status_of: dict[str, str] = field(default_factory=dict)  # by request
    requests_of: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # by key
    steps: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    doubled: list[str] = field(default_factory=list)
    overbooked: list[str] = field(default_factory=list)
    outbox_backlog: int = 0
    unsent: int = 0

    @classmethod
    def of(cls, stores: Mapping[str, Store]) -> "_Found":
        """Look at every store."""
        found = cls()
        looks: dict[str, Callable[[Store, Connection], None]] = {
            "matching": found._in_matching,
            "dispatch": found._in_dispatch,
            "notify": found._in_notify,
        }
        for service, store in stores.items():
            with store.read() as connection:
                found._in_any(store, connection)
                if look := looks.get(service):
                    look(store, connection)
        found._judge_steps()
        return found

    def _in_any(self, store: Store, connection: Connection) -> None:
        outbox = store.metadata.tables["outbox_messages"]
        waiting = select(outbox.c.sequence).where(outbox.c.published_at.is_(None))
        self.outbox_backlog += len(connection.execute(waiting).all())
        step = store.metadata.tables["transitions"]
        rows = connection.execute(select(step.c.thing, step.c.thing_id, step.c.after))
        self.steps.update((row.thing, row.thing_id, row.after) for row in rows)

    def _in_matching(self, store: Store, connection: Connection) -> None:
        wanted: dict[str, int] = {}
        tables = store.metadata.tables
        request, offer = tables["requests"], tables["offers"]
        rows = connection.execute(
            select(request.c.request_id, request.c.status, request.c.document)
        )
        for row in rows:
            document = orjson.loads(row.document)
            self.status_of[row.request_id] = row.status
            self.requests_of[document["reference"]].append(row.request_id)
            wanted |= {need["need_id"]: need["quantity"] for need in document["needs"]}
        for key, ids in self.requests_of.items():
            if key and len(ids) > 1:
                self.doubled.append(f"{len(ids)} requests under the key {key}")
        taken: Counter[str] = Counter()
        binding = offer.c.status.in_(["accepted", "committed"])
        for need_id, quantity in connection.execute(
            select(offer.c.need_id, offer.c.quantity).where(binding)
        ):
            taken[need_id] += quantity
        for need_id, quantity in taken.items():
            if quantity > wanted[need_id]:
                self.overbooked.append(f"{need_id} wants {wanted[need_id]} and has {quantity}")
        self.overbooked += [
            f"{each.capability_id} has {each.capacity} and is booked for {each.peak}"
            for each in overbooked(connection)
        ]

    def _in_dispatch(self, store: Store, connection: Connection) -> None:
        job = store.metadata.tables["jobs"]
        rows = connection.execute(select(job.c.request_id, job.c.provider_id))
        counted = Counter((row.request_id, row.provider_id) for row in rows)
        self.doubled += [f"{n} jobs of {pair}" for pair, n in counted.items() if n > 1]

    def _in_notify(self, store: Store, connection: Connection) -> None:
        note = store.metadata.tables["notifications"]
        told = (note.c.event_id, note.c.audience, note.c.channel, note.c.target)
        counted = Counter(tuple(row) for row in connection.execute(select(*told)))
        self.doubled += [f"{n} notifications {what}" for what, n in counted.items() if n > 1]
        waiting = select(note.c.notification_id).where(note.c.settled_at.is_(None))
        self.unsent = len(connection.execute(waiting).all())

    def _judge_steps(self) -> None:
        self.doubled += [
            f"{thing} {thing_id} became {after} {times} times"
            for (thing, thing_id, after), times in self.steps.items()
            if times > 1 and after in _ONCE.get(thing, ())
        ]


def _lost_requests(told: _Told, found: _Found, goal: Goal) -> Iterable[str]:
    for key, request_id in told.acknowledged.items():
        status = found.status_of.get(request_id)
        if status is None:
            yield f"{request_id} ({key}) is not there"
        elif status not in _FINE[goal]:
            yield f"{request_id} ({key}) is still {status}"


def _lost_answers(told: _Told, found: _Found) -> Iterable[str]:
    for offer_id, answer in told.answers.items():
        if not found.steps["offer", offer_id, answer]:
            yield f"the answer that {offer_id} is {answer}"
    for job_id, step in told.steps:
        if not found.steps["job", job_id, step]:
            yield f"the step of {job_id} to {step}"


def _unexplained(told: _Told, found: _Found) -> Iterable[str]:
    if not told.attempted:
        return
    runs = {key.rpartition("-")[0] for key in told.attempted}
    for key, ids in found.requests_of.items():
        if key.rpartition("-")[0] in runs and key not in told.attempted:
            yield f"{ids} of {key}, which nobody sent"


def _undelivered(
    stores: Mapping[str, Store], subscriptions: Iterable[Subscription]
) -> dict[str, int]:
    """Return how many events were said and never taken, for each subscription that misses any."""
    said_of_type: dict[str, set[str]] = defaultdict(set)
    for store in stores.values():
        outbox = store.metadata.tables["outbox_messages"]
        with store.read() as connection:
            for row in connection.execute(select(outbox.c.type, outbox.c.message_id)):
                said_of_type[row.type].add(row.message_id)
    missing: dict[str, int] = {}
    for subscription in subscriptions:
        store = stores[subscription.service]
        inbox = store.metadata.tables["inbox_messages"]
        mine = inbox.c.subscription == subscription.name
        with store.read() as connection:
            taken = set(connection.execute(select(inbox.c.message_id).where(mine)).scalars())
        events = {event.event_type for event in subscription.events}
        heard = set().union(*(said_of_type[each] for each in events))
        if number := len(heard - taken):
            missing[subscription.queue] = number
    return missing
