"""The journey of a request: submitted, sourced, offered, accepted, proposed, confirmed."""

from datetime import timedelta

import pytest

from muster.contracts.matching import OfferSent, RequestConfirmed, RequestProposed
from muster.contracts.vocabulary.attributes import VehicleAttributes, VehicleRequirement
from muster.contracts.vocabulary.errors import Conflict, IllegalTransition, InputRefused, NotFound
from muster.contracts.vocabulary.kinds import Urgency
from muster.contracts.vocabulary.statuses import (
    BookingStatus,
    MemberStatus,
    OfferStatus,
    RequestStatus,
)
from muster.contracts.vocabulary.values import Window
from tests.stores import START
from tests.unit.matching.builders import (
    OPERATOR,
    PENANG,
    STRANGER,
    TOMORROW,
    Room,
    asking,
    capability_changed,
    guards_needed,
    provider,
    provider_changed,
)

DAY = timedelta(days=1)
CARS = VehicleAttributes("vehicles")
CAR_NEEDED = VehicleRequirement("vehicles")


@pytest.fixture
def room() -> Room:
    """Alpha next door and beta far away, ten guards each; gamma has four vehicles."""
    return Room(
        provider_changed("alpha"),
        provider_changed("beta"),
        provider_changed("gamma"),
        capability_changed("alpha"),
        capability_changed("beta", base=PENANG),
        capability_changed("gamma", attributes=CARS, capacity=4),
    )


def test_a_submitted_request_is_kept_and_said(room: Room) -> None:
    """It waits for its own event to be sourced, and expires when its window ends."""
    request = room.submit()

    assert request.status is RequestStatus.SUBMITTED
    assert room.words(request) == ["submitted"]
    assert room.timers() == {("request-expiry", request.request_id)}
    assert room.steps(request.request_id) == [("enterprise:cli_mine", "", "submitted")]


def test_a_window_that_has_ended_is_refused(room: Room) -> None:
    """What is over cannot be protected."""
    over = Window(START - DAY, START)

    with pytest.raises(InputRefused) as refused:
        room.submit(asking(window=over))

    assert refused.value.field == "window.ends_at"


def test_a_request_of_optional_needs_alone_is_refused(room: Room) -> None:
    """Nothing would be asked for."""
    with pytest.raises(InputRefused) as refused:
        room.submit(asking(guards_needed(optional=True)))

    assert refused.value.field == "needs"


def test_sourcing_holds_capacity_and_sends_offers(room: Room) -> None:
    """The nearest is asked; what it is asked for is held until the offer expires."""
    request = room.sourced()

    offer = room.the_offer(request)
    assert request.status is RequestStatus.SOURCING
    assert (offer.provider_id, offer.quantity, offer.status) == ("org_alpha", 4, OfferStatus.SENT)
    assert offer.expires_at == START + DAY
    assert room.booked(request) == [(BookingStatus.HELD, offer.expires_at)]
    assert ("offer-expiry", offer.offer_id) in room.timers()
    (sent,) = room.said("muster.matching.offer.sent.v1")
    assert isinstance(sent.event, OfferSent)
    assert sent.event.expires_at == offer.expires_at
    assert sent.aggregate_version == 1


def test_what_sourcing_says_is_caused_by_the_submission(room: Room) -> None:
    """Each request of a batch keeps its own chain of cause and effect."""
    first, second = room.submit(), room.submit()
    room.source(first, second)

    causes = {e.event.subject: e.id for e in room.said("muster.matching.request.submitted.v1")}
    effects = {
        envelope.event.request_id: envelope.context.causation_id
        for envelope in room.said("muster.matching.offer.sent.v1")
        if isinstance(envelope.event, OfferSent)
    }
    assert effects == causes


@pytest.mark.parametrize(
    ("urgency", "seconds"),
    [(Urgency.EMERGENCY, 300), (Urgency.URGENT, 3600), (Urgency.PLANNED, 86_400)],
)
def test_the_more_urgent_the_shorter_the_time_to_answer(
    room: Room, urgency: Urgency, seconds: int
) -> None:
    """An emergency is answered within minutes."""
    request = room.sourced(asking(urgency=urgency))

    assert room.the_offer(request).expires_at == START + timedelta(seconds=seconds)


def test_no_offer_outlives_its_window(room: Room) -> None:
    """A planned request for tonight is answered before it ends."""
    tonight = Window(START + timedelta(hours=2), START + timedelta(hours=8))
    request = room.sourced(asking(window=tonight))

    assert room.the_offer(request).expires_at == tonight.ends_at


def test_an_accepted_offer_covers_and_proposes(room: Room) -> None:
    """The hold stays until the approval deadline; the enterprise is told what it gets."""
    request = room.sourced()
    offer = room.accept(room.the_offer(request))

    proposed = room.request(request)
    assert offer.status is OfferStatus.ACCEPTED
    assert proposed.status is RequestStatus.PROPOSED
    assert room.booked(request) == [(BookingStatus.HELD, START + DAY)]
    assert room.timers() == {
        ("request-expiry", request.request_id),
        ("approval-expiry", request.request_id),
    }
    (said,) = room.said("muster.matching.request.proposed.v1")
    assert isinstance(said.event, RequestProposed)
    assert [(a.provider_id, a.quantity) for a in said.event.assignments] == [("org_alpha", 4)]


def test_a_request_is_proposed_only_when_every_required_need_is_covered(room: Room) -> None:
    """Guards accepted, vehicles not yet: nothing is proposed."""
    request = room.sourced(asking(guards_needed(), guards_needed(2, required=CAR_NEEDED)))
    guards, cars = sorted(room.offers(request), key=lambda offer: offer.kind)

    room.accept(guards)
    assert room.request(request).status is RequestStatus.SOURCING
    room.accept(cars)
    assert room.request(request).status is RequestStatus.PROPOSED


def test_a_request_is_not_proposed_while_an_optional_need_awaits_an_answer(room: Room) -> None:
    """The enterprise approves once, with everything that is to be had."""
    request = room.sourced(
        asking(guards_needed(), guards_needed(2, required=CAR_NEEDED, optional=True))
    )
    guards, cars = sorted(room.offers(request), key=lambda offer: offer.kind)

    room.accept(guards)
    assert room.request(request).status is RequestStatus.SOURCING
    room.decline(cars)
    room.wait()

    proposed = room.request(request)
    assert proposed.status is RequestStatus.PROPOSED
    assert [a.offer_id for a in proposed.assignments] == [guards.offer_id]
    assert [s.reasons for s in proposed.shortfalls] == [{"not_refused_before": 1}]


def test_a_request_is_not_proposed_while_a_round_of_sourcing_is_owed(room: Room) -> None:
    """The optional vehicles were declined just now: others are asked before it is proposed."""
    room.hear_registry(
        provider_changed("delta"), capability_changed("delta", attributes=CARS, base=PENANG)
    )
    request = room.sourced(
        asking(guards_needed(), guards_needed(2, required=CAR_NEEDED, optional=True))
    )
    guards, cars = sorted(room.offers(request), key=lambda offer: offer.kind)

    room.decline(cars)
    room.accept(guards)
    assert room.request(request).status is RequestStatus.SOURCING
    room.wait()
    room.accept(room.the_offer(request))

    providers = {a.provider_id for a in room.request(request).assignments}
    assert providers == {"org_alpha", "org_delta"}


def test_an_optional_need_nobody_serves_does_not_hold_up_the_request(room: Room) -> None:
    """It is proposed without."""
    request = room.sourced(asking(guards_needed(), guards_needed(99, optional=True)))

    for offer in room.offers(request):
        room.accept(offer)

    assert room.request(request).status is RequestStatus.PROPOSED


def test_approval_confirms_and_tells_dispatch_all_it_needs(room: Room) -> None:
    """Bookings confirmed, offers committed, principal named, no timer left."""
    request = room.until_confirmed()

    (offer,) = room.offers(request)
    assert request.status is RequestStatus.CONFIRMED
    assert offer.status is OfferStatus.COMMITTED
    assert offer.principal == request.principal
    assert [status for status, _ in room.booked(request)] == [BookingStatus.CONFIRMED]
    assert room.timers() == set()
    assert room.words(request) == ["submitted", "proposed", "confirmed"]
    (said,) = room.said("muster.matching.request.confirmed.v1")
    assert isinstance(said.event, RequestConfirmed)
    assert said.event.principal.name == "Ms Sok"
    (assignment,) = said.event.assignments
    assert (assignment.offer_id, assignment.booking_id) == (offer.offer_id, offer.booking_id)
    assert room.steps(offer.booking_id) == [
        ("enterprise:cli_mine", "", "held"),
        ("enterprise:cli_mine", "held", "confirmed"),
    ]


def test_an_operator_may_approve_for_the_enterprise(room: Room) -> None:
    """The record says who it was."""
    request = room.sourced()
    room.accept(room.the_offer(request))
    room.approve(request, OPERATOR)

    assert room.steps(request.request_id)[-1] == ("operator:cli_operator", "proposed", "confirmed")


def test_auto_approval_confirms_with_the_last_acceptance(room: Room) -> None:
    """Nobody has to be asked twice; both steps are said, with their own versions."""
    request = room.sourced(asking(auto_approve=True))
    room.accept(room.the_offer(request))

    confirmed = room.request(request)
    said = [e for e in room.said() if e.event.subject == request.request_id]
    assert confirmed.status is RequestStatus.CONFIRMED
    assert room.words(request) == ["submitted", "proposed", "confirmed"]
    assert [e.aggregate_version for e in said] == [1, 3, 4]
    assert room.timers() == set()


def test_approving_what_is_not_proposed_names_what_is_allowed(room: Room) -> None:
    """The wrong state is told with the right steps."""
    request = room.sourced()

    with pytest.raises(IllegalTransition) as refused:
        room.approve(request)

    assert refused.value.allowed == ("cancelled", "expired", "proposed", "unfilled")


def test_two_needs_of_one_kind_share_a_capability_within_its_capacity(room: Room) -> None:
    """Six and six of ten: the second is split."""
    request = room.sourced(asking(guards_needed(6), guards_needed(6)))

    assert sorted((o.provider_id, o.quantity) for o in room.offers(request)) == [
        ("org_alpha", 4),
        ("org_alpha", 6),
        ("org_beta", 2),
    ]
    assert room.overbooked() == []


def test_a_repeated_submission_event_sources_only_once(room: Room) -> None:
    """A need is never filled twice, however often it is heard of."""
    request = room.submit()
    for _ in range(3):
        room.source(request)

    assert len(room.offers(request)) == 1
    assert room.taken() == 4


def test_an_event_of_a_request_that_moved_on_is_ignored(room: Room) -> None:
    """Cancelled before it was sourced: nothing is held."""
    request = room.submit()
    room.cancel(request)
    room.source(request)

    assert room.offers(request) == []
    assert room.taken() == 0


def test_a_batch_of_requests_shares_what_is_free(room: Room) -> None:
    """Four times six guards of twenty: three whole ones, and never more than there is."""
    requests = [room.submit(asking(guards_needed(6, splittable=False))) for _ in range(4)]
    room.source(*requests)

    assert room.taken("alpha") <= 10
    assert room.taken("beta") <= 10
    assert [len(room.offers(request)) for request in requests] == [1, 1, 0, 0]
    assert room.overbooked() == []


def test_a_stranger_neither_answers_nor_approves_nor_cancels(room: Room) -> None:
    """To a stranger there is no such thing."""
    request = room.sourced()
    offer = room.the_offer(request)

    for attempt in (
        lambda: room.accept(offer, STRANGER),
        lambda: room.decline(offer, provider("beta")),
        lambda: room.accept(offer, provider("gamma")),
        lambda: room.approve(request, STRANGER),
        lambda: room.cancel(request, STRANGER),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_a_provider_that_is_not_active_any_more_cannot_accept(room: Room) -> None:
    """Its standing may have changed since the offer was made; it may still decline."""
    request = room.sourced()
    offer = room.the_offer(request)
    room.hear_registry(provider_changed("alpha", status=MemberStatus.SUSPENDED, version=2))

    with pytest.raises(Conflict, match="provider_active"):
        room.accept(offer)

    assert room.decline(offer).status is OfferStatus.DECLINED


def test_a_request_whose_window_begins_soon_books_what_is_left_of_it(room: Room) -> None:
    """Sourced after its window began, the booking starts now."""
    request = room.submit(asking(urgency=Urgency.EMERGENCY))
    room.clock.advance(timedelta(hours=30))
    room.source(request)

    assert room.the_offer(request).window == Window(START + timedelta(hours=30), TOMORROW.ends_at)
