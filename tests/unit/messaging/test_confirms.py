"""The account of one publish, told by the broker in whatever order it likes."""

from muster.messaging.confirms import Confirms
from muster.messaging.ports import OutboundMessage, Outcome
from tests.unit.messaging.builders import message


def sent(*messages: OutboundMessage, first_tag: int = 1) -> Confirms:
    """Return the account of messages that are all on their way."""
    confirms = Confirms(messages)
    for tag, (position, _) in enumerate(confirms.to_send(), start=first_tag):
        confirms.sent(tag, position)
    return confirms


def test_nothing_heard_means_unknown() -> None:
    """Until the broker speaks a message may or may not be there."""
    confirms = sent(message(1), message(2))

    assert not confirms.settled
    assert confirms.outcomes == [Outcome.UNKNOWN, Outcome.UNKNOWN]


def test_confirms_may_come_one_by_one_and_out_of_order() -> None:
    """Each settles its own message."""
    confirms = sent(message(1), message(2), message(3))

    confirms.confirmed(3, multiple=False, outcome=Outcome.CONFIRMED)
    confirms.confirmed(1, multiple=False, outcome=Outcome.REFUSED)

    assert confirms.outcomes == [Outcome.REFUSED, Outcome.UNKNOWN, Outcome.CONFIRMED]
    assert not confirms.settled


def test_one_confirm_may_settle_all_up_to_its_tag() -> None:
    """And none after it."""
    confirms = sent(message(1), message(2), message(3), first_tag=501)

    confirms.confirmed(502, multiple=True, outcome=Outcome.CONFIRMED)

    assert confirms.outcomes == [Outcome.CONFIRMED, Outcome.CONFIRMED, Outcome.UNKNOWN]


def test_a_confirm_of_something_else_changes_nothing() -> None:
    """A late confirm of an earlier batch is not this batch's."""
    confirms = sent(message(1), first_tag=10)

    confirms.confirmed(3, multiple=False, outcome=Outcome.CONFIRMED)
    confirms.confirmed(9, multiple=True, outcome=Outcome.CONFIRMED)

    assert confirms.outcomes == [Outcome.UNKNOWN]


def test_a_returned_message_is_not_saved_by_its_confirm() -> None:
    """The broker confirms what it threw away; only the copy with that address is meant."""
    lost = message(1, routing_key="nowhere")
    confirms = sent(message(1), lost)

    confirms.returned("evt_1", lost.exchange, "nowhere")
    confirms.confirmed(2, multiple=True, outcome=Outcome.CONFIRMED)

    assert confirms.outcomes == [Outcome.CONFIRMED, Outcome.RETURNED]
    assert confirms.settled


def test_what_cannot_be_sent_is_refused_at_once() -> None:
    """And not handed out for sending."""
    confirms = Confirms([message(1, type="t" * 256), message(2)])

    assert [position for position, _ in confirms.to_send()] == [1]
    assert confirms.outcomes == [Outcome.REFUSED, Outcome.UNKNOWN]


def test_a_missing_exchange_is_read_from_the_refusal() -> None:
    """What was meant for it is settled, and everything without an outcome is to be sent again."""
    confirms = sent(message(1), message(2, exchange="gone.events"), message(3))
    confirms.confirmed(1, multiple=False, outcome=Outcome.CONFIRMED)

    assert confirms.exchange_missing("NOT_FOUND - no exchange 'gone.events' in vhost '/'")

    assert confirms.outcomes == [Outcome.CONFIRMED, Outcome.RETURNED, Outcome.UNKNOWN]
    assert [position for position, _ in confirms.to_send()] == [2]


def test_another_refusal_settles_nothing() -> None:
    """There is no sense in sending again what a broker refused for another reason."""
    confirms = sent(message(1))

    assert not confirms.exchange_missing("ACCESS_REFUSED - access to 'house.events' refused")
    assert not confirms.exchange_missing("")
    assert confirms.outcomes == [Outcome.UNKNOWN]
