"""Reviews and flags keep their promises when several act at once, on both stores."""

from functools import partial

from muster.contracts.matching import AssignmentFlagged, ReviewOpened
from muster.contracts.vocabulary.errors import Conflict
from muster.contracts.vocabulary.statuses import MemberStatus, OfferStatus, ReviewStatus
from services.matching.use_cases.recheck_request import recheck_request
from tests.conformance.test_matching_races import at_once, room
from tests.unit.matching.builders import PHNOM_PENH, Room, asking, guards_needed, provider_changed
from tests.unit.matching.reviewing import decide, let_in, the_flags, the_reviews, waiting

__all__ = ["room"]  # a fixture

ASKED = asking(guards_needed(1), place=PHNOM_PENH)


def said(room: Room, kind: type[object]) -> int:
    """Return how often something of this kind was said."""
    return sum(isinstance(envelope.event, kind) for envelope in room.said())


def test_one_matter_is_asked_once_however_many_ask_at_the_same_time(room: Room) -> None:
    """All of them wait for the one answer."""
    let_in(room, "kampot", capacity=50)
    requests = [room.submit(ASKED) for _ in range(8)]

    at_once(*(partial(room.source, request) for request in requests))

    (review,) = the_reviews(room)
    assert waiting(room, review) == {request.request_id for request in requests}
    assert said(room, ReviewOpened) == 1


def test_an_answer_reaches_everybody_who_asks_while_it_is_given(room: Room) -> None:
    """Whoever came too late to join, and too early to see it, is sourced again all the same."""
    let_in(room, "kampot", capacity=50)
    room.sourced(ASKED)
    (review,) = the_reviews(room)
    requests = [room.submit(ASKED) for _ in range(8)]

    at_once(
        *(partial(room.source, request) for request in requests),
        partial(decide, room, review, ReviewStatus.CLEARED),
    )
    room.wait()

    assert len(the_reviews(room)) == 1
    assert all(len(room.offers(request, OfferStatus.SENT)) == 1 for request in requests)


def test_of_two_operators_who_decide_the_same_at_once_one_does(room: Room) -> None:
    """The other is told the state it met."""
    let_in(room, "kampot")
    room.sourced(ASKED)
    (review,) = the_reviews(room)

    answers = at_once(*(partial(decide, room, review, ReviewStatus.CLEARED) for _ in range(2)))

    assert sum(isinstance(answer, Conflict) for answer in answers) == 1
    assert [step[2] for step in room.steps(review.review_id)] == ["open", "cleared"]


def test_a_request_that_is_judged_by_two_at_once_is_flagged_once(room: Room) -> None:
    """The second finds it done."""
    request = room.until_confirmed(asking(guards_needed(30)))
    room.hear_registry(provider_changed("alpha", status=MemberStatus.SUSPENDED, version=2))

    def judge() -> object:
        return room.transact(lambda work: recheck_request(work, request.request_id, room.policy))

    at_once(judge, judge, room.wait)

    assert len(the_flags(room)) == 1
    assert said(room, AssignmentFlagged) == 1


def test_a_timer_that_two_set_at_once_is_set(room: Room) -> None:
    """Neither fails because the other was as fast."""
    for _ in range(5):
        at_once(
            *(
                partial(room.transact, lambda work: work.schedule("sourcing", "req_none", work.now))
                for _ in range(4)
            )
        )
        assert ("sourcing", "req_none") in room.timers()


def test_no_offer_outlives_a_refusal_however_close(room: Room) -> None:
    """Either it was accepted before and is taken back, or it is not accepted at all."""
    let_in(room, "kampot")
    request = room.sourced(ASKED)
    (review,) = the_reviews(room)
    decide(room, review, ReviewStatus.CLEARED)
    room.wait()
    offer = room.the_offer(request)

    at_once(partial(room.accept, offer), partial(decide, room, review, ReviewStatus.REFUSED))
    room.wait()

    assert not room.offer(offer.offer_id).is_live
    assert room.taken() == 0
