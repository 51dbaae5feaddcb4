"""What happens to a batch of deliveries: inbox, handler and outbox in one transaction.

A batch that fails is rolled back and taken again one message at a time, so that one bad message
never holds up its neighbours. What fails for now goes to a retry queue, what fails for good to the
dead letters; both are published and confirmed before the delivery is acked.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from muster.context import Context
from muster.contracts.vocabulary.errors import DomainError, PermanentError
from muster.contracts.vocabulary.lifecycle import Actor
from muster.messaging.envelope import Envelope, UnreadableMessage, parse
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.ports import Delivery, OutboundMessage, Outcome, Publisher, Subscriber
from muster.messaging.retries import dead_letter_message, retry_message
from muster.messaging.topology import Subscription
from muster.observability.exemplars import exemplar_of, timed
from muster.observability.logs import correlated
from muster.observability.metrics import (
    BATCH_SECONDS,
    BATCH_SIZE,
    INBOX_DUPLICATES,
    MESSAGE_LAG,
    MESSAGES,
)
from muster.observability.spans import Tracer
from muster.safeguards import NOTHING, Safeguard, Safeguards
from muster.service.traces import attempting, receiving
from muster.storage import inbox
from muster.storage.store import Store, StoreUnavailable, TooMuch
from muster.storage.unit_of_work import UnitOfWork

log = logging.getLogger("muster.inlet")

EventHandler = Callable[[UnitOfWork, Envelope], None]
BatchHandler = Callable[[UnitOfWork, Sequence[Envelope]], None]


def one_by_one(handler: EventHandler) -> BatchHandler:
    """Return a batch handler that calls `handler` for each event, as an effect of that event.

    It takes what concerns one request together, in the order it came, and requests by their ids:
    rows stay locked until the batch commits, and two workers that lock the same ones in different
    orders would wait for each other in a ring.
    """

    def handle(work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        for envelope in sorted(envelopes, key=_concerned):
            with work.caused_by(envelope), correlated(envelope.context.correlation_id):
                handler(work, envelope)

    return handle


def _concerned(envelope: Envelope) -> str:
    return str(getattr(envelope.event, "request_id", envelope.event.subject))


def take_and_ack(inlet: "Inlet", subscriber: Subscriber, deliveries: Sequence[Delivery]) -> None:
    """Bring the deliveries to their end, and only then tell the broker: a crash in between brings
    them again, and the other way round it would lose them. Raises as `Inlet.take` does."""
    if Safeguard.ACK_AFTER_COMMIT in inlet.without:
        subscriber.ack(deliveries)
    inlet.take(deliveries)
    subscriber.ack(deliveries)


def _is_away(error: Exception) -> bool:
    """Tell whether the store failed as a whole: that is no message's fault."""
    return isinstance(error, StoreUnavailable) and not isinstance(error, TooMuch)


@dataclass(frozen=True)
class _Parcel:
    delivery: Delivery
    envelope: Envelope


class Inlet:
    """Takes batches of one subscription into the store."""

    def __init__(
        self,
        subscription: Subscription,
        handler: BatchHandler,
        store: Store,
        publisher: Publisher,
        without: Safeguards = NOTHING,
        tracer: Tracer | None = None,
    ) -> None:
        self.subscription = subscription
        self.without = without
        self._handler = handler
        self._store = store
        self._publisher = publisher
        self._tracer = tracer
        self._labels = (subscription.service, subscription.name)
        self._context = Context(Actor(f"service:{subscription.service}"), correlation_id="")
        INBOX_DUPLICATES.labels(*self._labels)  # there from the start, as what can be listed is
        for outcome in ("done", "duplicate", "retried", "dead_lettered"):
            MESSAGES.labels(*self._labels, outcome)

    def take(self, deliveries: Sequence[Delivery]) -> None:
        """Bring every delivery to its end; when this returns, all of them may be acked.

        Raises StoreUnavailable or BrokerUnavailable if that is not possible now: nothing may be
        acked then, and taking the same deliveries again later is safe.
        """
        BATCH_SIZE.labels(*self._labels).observe(len(deliveries))
        outgoing: list[OutboundMessage] = []
        parcels: list[_Parcel] = []
        for delivery in deliveries:
            try:
                parcels.append(_Parcel(delivery, self._heard(parse(delivery.body))))
            except UnreadableMessage as error:
                outgoing.append(self._dead_letter(delivery, str(error)))
        self._show_lag(parcels)
        taken = [(parcel.envelope, parcel.delivery.attempt) for parcel in parcels]
        with (
            receiving(self._tracer, self.subscription, taken),
            timed(BATCH_SECONDS.labels(*self._labels), _traceparent(parcels)),
        ):
            outgoing += self._together(parcels)
        self._send(outgoing)

    def _show_lag(self, parcels: Sequence[_Parcel]) -> None:
        if not parcels:
            return
        oldest = min((parcel.envelope for parcel in parcels), key=lambda envelope: envelope.time)
        late = (self._store.clock.now() - oldest.time).total_seconds()
        exemplar = exemplar_of(oldest.context.traceparent)
        MESSAGE_LAG.labels(*self._labels).observe(max(0.0, late), exemplar)

    def _heard(self, envelope: Envelope) -> Envelope:
        """Return it if it is subscribed to: the broker checks routing keys, not what is within.

        Raises UnreadableMessage for an event that came under the name of another.
        """
        if type(envelope.event) not in self.subscription.events:
            name = envelope.event.event_type
            raise UnreadableMessage(f"{self.subscription.queue} does not subscribe to {name}")
        return envelope

    def _together(self, parcels: Sequence[_Parcel]) -> list[OutboundMessage]:
        if not parcels:
            return []
        try:
            self._apply(parcels)
        except Exception as error:
            if _is_away(error):
                raise
            if len(parcels) > 1:
                return [message for parcel in parcels for message in self._alone(parcel)]
            return self._alone(parcels[0])
        return []

    def _alone(self, parcel: _Parcel) -> list[OutboundMessage]:
        try:
            self._apply([parcel])
        except (DomainError, PermanentError) as error:
            return [self._dead_letter(parcel.delivery, f"{type(error).__name__}: {error}")]
        except Exception as error:
            if _is_away(error):
                raise
            log.exception(
                "a message failed",
                extra={"queue": self.subscription.queue, "message_id": parcel.envelope.id},
            )
            return [self._again(parcel.delivery, f"{type(error).__name__}: {error}")]
        return []

    def _apply(self, parcels: Sequence[_Parcel]) -> None:
        ids = [parcel.envelope.id for parcel in parcels]
        with attempting(ids) as attempt, self._store.begin(self._context) as work:
            fresh = self._admit(work, ids)
            if attempt is not None:
                attempt.only(fresh)
            first: dict[str, Envelope] = {}
            for parcel in parcels:
                if parcel.envelope.id in fresh:
                    first.setdefault(parcel.envelope.id, parcel.envelope)
            if first:
                self._handler(work, list(first.values()))
        MESSAGES.labels(*self._labels, "done").inc(len(first))
        if repeats := len(parcels) - len(first):
            MESSAGES.labels(*self._labels, "duplicate").inc(repeats)
            INBOX_DUPLICATES.labels(*self._labels).inc(repeats)

    def _admit(self, work: UnitOfWork, message_ids: Sequence[str]) -> Collection[str]:
        if Safeguard.INBOX in self.without:
            return message_ids
        name = self.subscription.name
        return inbox.admit(work.connection, self._store.metadata, name, message_ids, work.now)

    def _again(self, delivery: Delivery, reason: str) -> OutboundMessage:
        now = self._store.clock.now()
        message = retry_message(delivery, self.subscription.service, reason, now)
        if message is None:
            return self._dead_letter(delivery, reason)
        MESSAGES.labels(*self._labels, "retried").inc()
        return message

    def _dead_letter(self, delivery: Delivery, reason: str) -> OutboundMessage:
        MESSAGES.labels(*self._labels, "dead_lettered").inc()
        log.error(
            "a message goes to the dead letters",
            extra={"queue": delivery.queue, "message_id": delivery.message_id, "reason": reason},
        )
        return dead_letter_message(delivery, self.subscription, reason, self._store.clock.now())

    def _send(self, messages: Sequence[OutboundMessage]) -> None:
        outcomes = self._publisher.publish(messages) if messages else []
        if unsafe := [outcome for outcome in outcomes if outcome is not Outcome.CONFIRMED]:
            raise BrokerUnavailable(f"a retry or dead letter was not taken: {unsafe[0]}")


def _traceparent(parcels: Sequence[_Parcel]) -> str | None:
    return parcels[0].envelope.context.traceparent if parcels else None
