"""E-mails, over real SMTP on loopback."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from muster.clock import SimulatedClock
from muster.contracts.vocabulary.statuses import MemberStatus
from muster.storage.store import Store
from services.notify.channels.email import NoMailer, SmtpMailer, open_mailer
from services.notify.domain.delivery import LEASE, Result
from services.notify.settings import NotifySettings
from services.notify.tables import attempts, notifications
from services.notify.use_cases.claim_due import CLAIM, claim_letters
from services.notify.use_cases.deliver_mail import Letter, Mailer, MailRules, deliver_mail
from tests.stores import START
from tests.unit.notify.builders import (
    CONTEXT,
    OPERATOR_EMAIL,
    PROVIDER,
    check_in_missed,
    every_event,
    incident,
    known,
    offer_sent,
    request_cancelled,
    rows_of,
    snapshot,
    store_of_notify,
    tell,
)
from tests.unit.notify.smtp_sink import Sink

RULES = MailRules(OPERATOR_EMAIL, allowed_attempts=3)
PROVIDER_ADDRESS = "operations@provider.test"


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(START)


@pytest.fixture
def store(clock: SimulatedClock) -> Store:
    """A store that knows both sides."""
    store = store_of_notify(clock)
    known(store, snapshot(), snapshot(PROVIDER))
    return store


def deliver(store: Store, sink: Sink) -> bool:
    settings = sink.settings()
    return deliver_mail(store, open_mailer(settings), RULES)


def statuses(store: Store) -> list[str]:
    return [row.status for row in rows_of(store, notifications)]


def outcomes(store: Store) -> list[str]:
    return [row.outcome for row in rows_of(store, attempts)]


def failures_said(store: Store) -> int:
    messages = rows_of(store, store.metadata.tables["outbox_messages"])
    return sum(row.type == "muster.notify.notification.failed.v1" for row in messages)


def test_an_offer_arrives_in_the_providers_mailbox_once(store: Store, sink: Sink) -> None:
    """With a subject, what to do, and an id that stays the same."""
    tell(store, offer_sent())
    deliver(store, sink)
    deliver(store, sink)
    assert statuses(store) == ["sent"]
    assert outcomes(store) == ["sent"]
    [(recipient, message)] = sink.messages
    assert recipient == PROVIDER_ADDRESS
    assert message["Subject"].startswith("Please answer by 02 Mar 2026, 09:00 UTC")
    assert "USD 120.00 per day" in message.get_content()
    identifier = rows_of(store, notifications)[0].notification_id
    assert message["Message-ID"] == f"<{identifier}@alliance.test>"


def test_every_mailed_event_of_the_catalogue_can_be_sent(store: Store, sink: Sink) -> None:
    """Over one connection."""
    tell(store, *every_event().values())
    deliver(store, sink)
    assert set(statuses(store)) == {"sent"}
    assert len(sink.connections) == 1
    assert OPERATOR_EMAIL in {recipient for recipient, _ in sink.messages}


def test_what_concerns_lives_goes_to_the_emergency_mailbox(store: Store, sink: Sink) -> None:
    """Of both sides, for a missed check-in."""
    tell(store, check_in_missed())
    deliver(store, sink)
    assert {recipient for recipient, _ in sink.messages} == {
        "emergency@enterprise.test",
        "emergency@provider.test",
    }


def test_a_mailbox_that_does_not_exist_fails_at_once_and_operators_are_told(
    store: Store, sink: Sink
) -> None:
    """A permanent refusal is not tried again, and does not hold up its neighbours."""
    sink.refusals[PROVIDER_ADDRESS] = "550 no such mailbox"
    tell(store, offer_sent(), incident())
    deliver(store, sink)
    assert sorted(statuses(store)) == ["failed", "sent", "sent"]
    assert failures_said(store) == 1


def test_the_news_of_a_failure_that_fails_itself_is_not_news_again(
    store: Store, sink: Sink
) -> None:
    """Otherwise that would never end."""
    sink.refusals[OPERATOR_EMAIL] = "550 no such mailbox"
    tell(store, every_event()["muster.notify.notification.failed.v1"])
    deliver(store, sink)
    assert statuses(store) == ["failed"]
    assert failures_said(store) == 0


def test_a_passing_refusal_is_tried_again_later_and_then_given_up(
    store: Store, sink: Sink, clock: SimulatedClock
) -> None:
    """With growing delays, up to the allowed number of attempts."""
    sink.refusals[PROVIDER_ADDRESS] = "451 try later"
    tell(store, offer_sent())
    for least, most in ((2.5, 5), (7.5, 15), (0, 0)):
        deliver(store, sink)
        attempted = len(outcomes(store))
        clock.advance(timedelta(seconds=least * 0.99))
        deliver(store, sink)
        assert len(outcomes(store)) == attempted, "tried again before it was due"
        clock.advance(timedelta(seconds=most - least * 0.99))
    assert outcomes(store) == ["retried", "retried", "failed"]
    assert failures_said(store) == 1


def test_a_connection_that_breaks_costs_only_the_letter_in_hand_an_attempt(
    store: Store, sink: Sink, clock: SimulatedClock
) -> None:
    """The rest goes out with the next connection."""
    tell(store, *(offer_sent() for _ in range(5)))
    sink.break_at = 2
    deliver(store, sink)
    assert sorted(statuses(store)) == ["pending", "pending", "pending", "sent", "sent"]
    assert outcomes(store) == ["sent", "sent", "retried"]
    deliver(store, sink)
    clock.advance(timedelta(seconds=10))
    deliver(store, sink)
    assert statuses(store) == ["sent"] * 5


def test_a_server_that_is_away_is_tried_again(store: Store, clock: SimulatedClock) -> None:
    """Nothing is lost while it is away."""
    with_nobody = SmtpMailer(NotifySettings(smtp_host="127.0.0.1", smtp_port=1), "127.0.0.1")
    tell(store, offer_sent())
    deliver_mail(store, with_nobody, RULES)
    assert (statuses(store), outcomes(store)) == (["pending"], ["retried"])


def test_an_address_that_is_not_known_yet_is_waited_for(sink: Sink, clock: SimulatedClock) -> None:
    """The member's snapshot may come after the event."""
    store = store_of_notify(clock)
    tell(store, offer_sent())
    deliver(store, sink)
    known(store, snapshot(PROVIDER))
    clock.advance(timedelta(seconds=10))
    deliver(store, sink)
    assert outcomes(store) == ["retried", "sent"]


def test_an_expelled_member_is_told_only_what_concerns_lives(store: Store, sink: Sink) -> None:
    """Nothing of new business."""
    known(store, snapshot(PROVIDER, version=2, status=MemberStatus.EXPELLED))
    tell(store, offer_sent(), check_in_missed())
    deliver(store, sink)
    assert sorted(statuses(store)) == ["sent", "sent", "suppressed"]
    assert PROVIDER_ADDRESS not in {recipient for recipient, _ in sink.messages}


def test_without_a_server_emails_are_recorded_as_suppressed(store: Store) -> None:
    """So that everybody can see that nobody was told."""
    tell(store, offer_sent())
    mailer = open_mailer(NotifySettings(smtp_host=None))
    assert isinstance(mailer, NoMailer)
    deliver_mail(store, mailer, RULES)
    assert statuses(store) == ["suppressed"]
    assert "MUSTER_SMTP_HOST" in rows_of(store, attempts)[0].detail


class DiesWhileSending(Mailer):
    """A courier that is killed after the far end has the letter."""

    def __init__(self, mailer: Mailer) -> None:
        self.mailer = mailer

    def send(self, letters: Sequence[Letter]) -> list[Result]:
        self.mailer.send(letters)
        raise KeyboardInterrupt


def test_a_courier_that_dies_leaves_a_lease_that_runs_out(
    store: Store, sink: Sink, clock: SimulatedClock
) -> None:
    """The letter goes out again under the same Message-ID, and the ledger says so."""
    tell(store, offer_sent())
    with pytest.raises(KeyboardInterrupt):
        deliver_mail(store, DiesWhileSending(open_mailer(sink.settings())), RULES)
    deliver(store, sink)
    assert len(sink.messages) == 1, "taken from a courier that might still live"
    clock.advance(LEASE)
    deliver(store, sink)
    assert outcomes(store) == ["unknown", "sent"]
    first, second = (message["Message-ID"] for _, message in sink.messages)
    assert first == second


class LosesTheStore(Mailer):
    """A courier whose database goes away while it sends, and is back a little later."""

    def __init__(self, store: Store, mailer: Mailer) -> None:
        self.store, self.mailer, self.refusals = store, mailer, 9

    def send(self, letters: Sequence[Letter]) -> list[Result]:
        event.listen(self.store.engine, "begin", self._refuse)
        return self.mailer.send(letters)

    def _refuse(self, _connection: object) -> None:
        if self.refusals:
            self.refusals -= 1
            raise OperationalError("BEGIN", {}, Exception("the server is starting up"))


def test_a_store_that_is_away_when_a_letter_is_sent_does_not_have_it_sent_twice(
    store: Store, sink: Sink, clock: SimulatedClock
) -> None:
    """That it was sent is written down as soon as the store is back."""
    tell(store, offer_sent())

    deliver_mail(store, LosesTheStore(store, open_mailer(sink.settings())), RULES)

    assert statuses(store) == ["sent"]
    clock.advance(LEASE)
    deliver(store, sink)
    assert len(sink.messages) == 1


class IsOvertaken(Mailer):
    """A courier so slow that its lease runs out and another one does its work."""

    def __init__(self, store: Store, clock: SimulatedClock, sink: Sink) -> None:
        self.store, self.clock, self.sink = store, clock, sink

    def send(self, letters: Sequence[Letter]) -> list[Result]:
        self.clock.advance(LEASE)
        deliver(self.store, self.sink)
        return NoMailer().send(letters)


def test_a_courier_whose_lease_ran_out_changes_nothing_any_more(
    store: Store, sink: Sink, clock: SimulatedClock
) -> None:
    """What the second courier recorded stands."""
    tell(store, offer_sent())
    deliver_mail(store, IsOvertaken(store, clock, sink), RULES)
    assert statuses(store) == ["sent"]


def test_two_couriers_never_take_the_same_letter(store: Store) -> None:
    """What one has claimed, the other does not see."""
    tell(store, *(offer_sent() for _ in range(CLAIM + 50)))
    first = store.transact(CONTEXT, claim_letters)
    second = store.transact(CONTEXT, claim_letters)
    taken = [parcel.notification_id for parcel, _ in (*first, *second)]
    assert len(taken) == len(set(taken)) == CLAIM + 50


def test_a_full_batch_says_that_there_may_be_more(store: Store, sink: Sink) -> None:
    """So that a backlog is worked off without pauses."""
    tell(store, *(offer_sent() for _ in range(CLAIM + 1)))
    assert deliver(store, sink)
    assert not deliver(store, sink)
    assert len(sink.messages) == CLAIM + 1


def test_a_line_break_in_a_summary_cannot_forge_a_header(store: Store, sink: Sink) -> None:
    """The subject is one line, whatever was reported."""
    tell(store, incident(summary="fire\r\nBcc: everybody@evil.test"))
    deliver(store, sink)
    _, message = sink.messages[0]
    assert message["Bcc"] is None
    assert "fire Bcc: everybody@evil.test" in message["Subject"]


@pytest.mark.parametrize("summary", ["地震 near the gate", "x" * 1900])
def test_any_text_arrives_as_it_was_written(store: Store, sink: Sink, summary: str) -> None:
    """In any script, and of any length."""
    tell(store, incident(summary=summary))
    deliver(store, sink)
    _, message = sink.messages[0]
    assert summary in message.get_content()
    assert summary[:100] in message["Subject"]


def test_an_address_that_is_none_fails_and_holds_up_nobody(store: Store, sink: Sink) -> None:
    """And cannot carry a header of its own."""
    forged = "a@provider.test\r\nBcc: b@evil.test"
    known(store, snapshot(PROVIDER, version=2, operations_email=forged))
    tell(store, offer_sent(), request_cancelled())
    deliver(store, sink)
    assert sorted(statuses(store)) == ["failed", "sent"]
