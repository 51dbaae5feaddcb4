"""Answers to offers: no, another price, too late, and what then happens to the need."""

from datetime import timedelta

import pytest

from muster.contracts.vocabulary.errors import Conflict, IllegalTransition
from muster.contracts.vocabulary.kinds import Urgency
from muster.contracts.vocabulary.statuses import BookingStatus, OfferStatus, RequestStatus
from services.matching.domain.errors import OfferLapsed
from services.matching.settings import MatchingSettings
from services.matching.use_cases.expire_offer import expire_offer
from tests.stores import START
from tests.unit.matching.builders import (
    ENTERPRISE,
    PENANG,
    Room,
    asking,
    capability_changed,
    dollars,
    guards_needed,
    provider_changed,
)

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def room() -> Room:
    """Alpha next door and beta far away, ten guards each."""
    return Room(
        provider_changed("alpha"),
        provider_changed("beta"),
        capability_changed("alpha"),
        capability_changed("beta", base=PENANG),
    )


def test_a_declined_need_is_sourced_again_from_others(room: Room) -> None:
    """What alpha held is free at once; beta is asked, alpha not again."""
    request = room.sourced()
    declined = room.decline(room.the_offer(request))

    assert declined.status is OfferStatus.DECLINED
    assert room.taken() == 0
    assert ("sourcing", request.request_id) in room.timers()

    room.wait()

    assert room.the_offer(request).provider_id == "org_beta"
    assert (room.taken("alpha"), room.taken("beta")) == (0, 4)


def test_what_others_accepted_is_not_disturbed(room: Room) -> None:
    """Alpha's four stand while somebody else is sought for beta's two."""
    room.hear_registry(provider_changed("gamma"), capability_changed("gamma", base=PENANG))
    request = room.sourced(asking(guards_needed(12)))
    first, second = sorted(room.offers(request), key=lambda offer: offer.provider_id)
    room.accept(first)
    room.decline(second)
    room.wait()

    assert room.offer(first.offer_id).status is OfferStatus.ACCEPTED
    again = room.the_offer(request)
    assert (again.provider_id, again.quantity) == ("org_gamma", 2)
    room.accept(again)
    assert room.request(request).status is RequestStatus.PROPOSED


def test_an_offer_nobody_answers_expires_and_others_are_asked(room: Room) -> None:
    """The timer releases the hold, and says so in the record."""
    request = room.sourced(asking(urgency=Urgency.URGENT))
    offer = room.the_offer(request)
    room.wait(timedelta(hours=1))

    assert room.offer(offer.offer_id).status is OfferStatus.EXPIRED
    assert room.steps(offer.offer_id)[-1] == ("timer:offer-expiry", "sent", "expired")
    assert room.steps(offer.booking_id)[-1] == ("timer:offer-expiry", "held", "released")
    assert len(room.said("muster.matching.offer.expired.v1")) == 1
    assert room.the_offer(request).provider_id == "org_beta"
    assert room.overbooked() == []


def test_an_answer_just_before_the_deadline_counts(room: Room) -> None:
    """Until it expires it is open."""
    request = room.sourced()
    room.wait(DAY - SECOND)

    assert room.accept(room.the_offer(request)).status is OfferStatus.ACCEPTED
    room.wait(2 * SECOND)
    assert room.request(request).status is RequestStatus.PROPOSED


@pytest.mark.parametrize("fired", [True, False])
def test_a_late_answer_is_told_that_it_is_late_and_what_to_do(room: Room, *, fired: bool) -> None:
    """Whether or not the timer has fired yet."""
    request = room.sourced()
    offer = room.the_offer(request)
    if fired:
        room.wait(DAY)
    else:
        room.clock.advance(DAY)

    for answer in (room.accept, room.decline):
        with pytest.raises(OfferLapsed, match=r"expired at .* Answer what is open") as refused:
            answer(offer)
        assert refused.value.current == OfferStatus.EXPIRED


def test_a_counter_keeps_the_hold_and_restarts_the_clock(room: Room) -> None:
    """The enterprise has as long to decide as the provider had."""
    request = room.sourced()
    room.wait(timedelta(hours=6))
    countered = room.counter(room.the_offer(request), dollars(450))

    assert (countered.status, countered.price) == (OfferStatus.COUNTERED, dollars(450))
    assert countered.expires_at == START + timedelta(hours=30)
    assert room.booked(request) == [(BookingStatus.HELD, countered.expires_at)]
    room.wait(timedelta(hours=23))
    assert room.offer(countered.offer_id).status is OfferStatus.COUNTERED
    assert len(room.said("muster.matching.offer.countered.v1")) == 1


def test_the_enterprise_accepts_a_counter_at_its_price(room: Room) -> None:
    """The assignment carries what was agreed."""
    request = room.sourced()
    countered = room.counter(room.the_offer(request), dollars(450))
    room.accept(countered, ENTERPRISE)

    assert [a.price for a in room.request(request).assignments] == [dollars(450)]
    assert room.steps(countered.offer_id)[-1] == ("enterprise:cli_mine", "countered", "accepted")


def test_the_enterprise_declines_a_counter_and_others_are_asked(room: Room) -> None:
    """Too dear is a no."""
    request = room.sourced()
    room.decline(room.counter(room.the_offer(request), dollars(450)), ENTERPRISE)
    room.wait()

    assert room.the_offer(request).provider_id == "org_beta"


def test_a_counter_nobody_answers_expires(room: Room) -> None:
    """It is sourced elsewhere."""
    request = room.sourced()
    room.wait(timedelta(hours=1))
    countered = room.counter(room.the_offer(request), dollars(450))
    room.wait(timedelta(hours=23))
    assert room.offer(countered.offer_id).status is OfferStatus.COUNTERED
    room.wait(timedelta(hours=1))

    assert room.offer(countered.offer_id).status is OfferStatus.EXPIRED
    assert room.the_offer(request).provider_id == "org_beta"


def test_each_side_answers_in_its_turn(room: Room) -> None:
    """The enterprise does not answer for the provider, nor the provider its own counter."""
    offer = room.the_offer(room.sourced())

    with pytest.raises(Conflict, match="for the provider to answer"):
        room.accept(offer, ENTERPRISE)
    countered = room.counter(offer, dollars(450))
    with pytest.raises(Conflict, match="for the enterprise to answer"):
        room.accept(countered)
    with pytest.raises(IllegalTransition) as refused:
        room.counter(countered, dollars(500))
    assert refused.value.allowed == ("accepted", "declined", "expired", "withdrawn")


def test_an_offer_is_answered_once(room: Room) -> None:
    """The second answer is told the state and what is still possible."""
    offer = room.the_offer(room.sourced())
    room.accept(offer)

    with pytest.raises(IllegalTransition) as refused:
        room.accept(offer)

    assert refused.value.current == OfferStatus.ACCEPTED
    assert refused.value.allowed == ("committed", "released")
    assert room.taken() == 4


def test_when_everybody_has_declined_the_request_is_unfilled_with_reasons(room: Room) -> None:
    """Each candidate counts under why it does not serve."""
    request = room.sourced()
    room.decline(room.the_offer(request))
    room.wait()
    room.decline(room.the_offer(request))
    room.wait()

    unfilled = room.request(request)
    assert unfilled.status is RequestStatus.UNFILLED
    assert [s.reasons for s in unfilled.shortfalls] == [{"not_refused_before": 2}]
    assert room.taken() == 0
    assert room.timers() == set()


def test_a_capability_that_declined_one_need_is_asked_for_another(room: Room) -> None:
    """A refusal is of a need, not of a request."""
    request = room.sourced(asking(guards_needed(4), guards_needed(3)))
    first, second = sorted(room.offers(request), key=lambda offer: offer.quantity, reverse=True)
    room.decline(first)
    room.wait()

    assert room.offer(second.offer_id).status is OfferStatus.SENT
    assert (first.provider_id, second.provider_id) == ("org_alpha", "org_alpha")
    again = [o for o in room.offers(request, OfferStatus.SENT) if o.need_id == first.need_id]
    assert [o.provider_id for o in again] == ["org_beta"]


def test_settings_say_how_long_an_offer_waits() -> None:
    """Everything that waits can be configured."""
    room = Room(
        provider_changed("alpha"),
        capability_changed("alpha"),
        settings=MatchingSettings(offer_ttl_planned_seconds=7),
    )

    assert room.the_offer(room.sourced()).expires_at == START + timedelta(seconds=7)


def test_a_clock_that_is_put_back_leaves_no_offer_open_for_ever(room: Room) -> None:
    """A timer that fired too early is set again, or the capacity would stay held."""
    request = room.sourced()
    offer = room.the_offer(request)
    due = ("offer-expiry", offer.offer_id)
    room.transact(lambda work: work.unschedule(*due))  # as it is when the timer has been taken

    room.transact(lambda work: expire_offer(work, offer.offer_id))

    assert room.offer(offer.offer_id).status is OfferStatus.SENT
    assert due in room.timers()
