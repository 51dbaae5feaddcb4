"""What the rules leave open is asked of operators, once, and what they decide is kept."""

import pytest

from muster.contracts.matching import ReviewDecided, ReviewOpened
from muster.contracts.vocabulary.errors import IllegalTransition
from muster.contracts.vocabulary.identifiers import ReviewId
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.statuses import (
    MemberStatus,
    OfferStatus,
    RequestStatus,
    ReviewStatus,
)
from services.matching.domain.finding import Finding
from services.matching.domain.request import Request
from services.matching.domain.review import Review
from services.matching.engine.model import Question
from services.matching.engine.policy import Matter
from services.matching.engine.verdicts import Ruling, Verdict
from services.matching.explanations import get_explanation
from services.matching.reviews import decision_on
from services.matching.use_cases.open_reviews import open_reviews
from tests.stores import START
from tests.unit.matching.builders import (
    OPERATOR,
    PHNOM_PENH,
    Room,
    asking,
    capability_changed,
    guards_needed,
    licence,
    organisation,
    provider_changed,
)
from tests.unit.matching.reviewing import (
    ASKED,
    CAMBODIA,
    cleared,
    decide,
    the_reviews,
    uncertain,
    waiting,
)

OPEN, CLEARED, REFUSED = ReviewStatus.OPEN, ReviewStatus.CLEARED, ReviewStatus.REFUSED
ALPHA = Matter(organisation("alpha"), "KH", CapabilityKind.GUARDS, False)


def ask(room: Room, request: Request, *keys: str) -> None:
    """Ask about these rules on alpha, as a round of sourcing would."""
    verdicts = tuple(Verdict(k.split("@")[0], Ruling.REVIEW, "fact", "wish", k) for k in keys)
    asked, pack = room.request(request), room.policy.pack
    room.transact(lambda work: open_reviews(work, asked, [Question(ALPHA, verdicts)], pack))


def test_a_request_waits_for_an_operator_where_the_law_is_not_sure() -> None:
    """It is neither offered to somebody perhaps unlawful, nor given up."""
    room = uncertain()
    request = room.sourced(ASKED)
    (review,) = the_reviews(room)
    assert (request.status, room.offers(request)) == (RequestStatus.SOURCING, [])
    assert (review.provider_id, review.country, review.kind, review.armed) == ALPHA
    assert {finding.rule for finding in review.findings} == {"kh.licence", "kh.personnel"}
    assert all(finding.source and finding.stated_on for finding in review.findings)
    assert all(finding.confidence == "medium" for finding in review.findings)
    assert waiting(room, review) == {request.request_id}
    assert [type(each.event) for each in room.said()].count(ReviewOpened) == 1


def test_a_clearance_opens_the_way_at_once() -> None:
    """The request is sourced again, and the provider is offered what it may now do."""
    room = uncertain()
    request = cleared(room, room.sourced(ASKED))
    offer = room.the_offer(request)
    assert offer.provider_id == organisation("alpha")
    room.accept(offer)
    assert room.request(request).status is RequestStatus.PROPOSED


def test_a_refusal_ends_what_nobody_else_can_do() -> None:
    """Nothing lawful is left."""
    room = uncertain()
    request = room.sourced(ASKED)
    (review,) = the_reviews(room)
    decide(room, review, REFUSED)
    room.wait()
    assert room.request(request).status is RequestStatus.UNFILLED
    assert room.offers(request) == []


def test_a_decision_is_kept_with_who_when_and_why() -> None:
    """Every step stays on the record, and is said."""
    room = uncertain()
    room.sourced(ASKED)
    (review,) = the_reviews(room)
    decided = decide(room, review, CLEARED)
    assert (decided.status, decided.reason, decided.decided_at) == (
        CLEARED,
        "looked into it",
        START,
    )
    assert decided.decided_by == "operator:cli_operator"
    decide(room, review, REFUSED)
    assert [step[1:] for step in room.steps(review.review_id)] == [
        ("", "open"),
        ("open", "cleared"),
        ("cleared", "refused"),
    ]
    said = [each.event for each in room.said() if isinstance(each.event, ReviewDecided)]
    assert [each.status for each in said] == [CLEARED, REFUSED]


def test_what_is_decided_is_not_decided_again() -> None:
    """Only the other answer makes a difference."""
    room = uncertain()
    room.sourced(ASKED)
    (review,) = the_reviews(room)
    decide(room, review, CLEARED)
    with pytest.raises(IllegalTransition):
        decide(room, review, CLEARED)


def test_who_asks_later_joins_who_asked_before() -> None:
    """One review for one matter, however many wait; it is said once."""
    room = uncertain()
    requests = [room.sourced(ASKED) for _ in range(3)]
    room.source(*requests)
    (review,) = the_reviews(room)
    assert waiting(room, review) == {request.request_id for request in requests}
    assert [type(each.event) for each in room.said()].count(ReviewOpened) == 1
    assert review.version == 1
    cleared(room, requests[0])
    held = [room.offers(request, OfferStatus.SENT) for request in requests]
    assert [len(each) for each in held].count(1) >= 2, "all that fits into its capacity"


def test_a_request_that_was_cancelled_waits_no_longer() -> None:
    """The list tells how many really wait."""
    room = uncertain()
    request = room.sourced(ASKED)
    (review,) = the_reviews(room)
    room.cancel(request)
    assert waiting(room, review) == set()
    cleared(room, request)
    assert room.request(request).status is RequestStatus.CANCELLED


def test_a_clearance_holds_for_later_requests() -> None:
    """Nobody is asked twice about the same rules."""
    room = uncertain()
    cleared(room, room.sourced(ASKED))
    later = room.sourced(asking(guards_needed(2), place=PHNOM_PENH))
    assert room.the_offer(later)
    assert len(the_reviews(room)) == 1


def test_it_holds_for_this_provider_alone() -> None:
    """Another member is another matter."""
    room = uncertain()
    cleared(room, room.sourced(ASKED))
    room.hear_registry(
        provider_changed("beta", licence("KH"), home_country="KH"),
        capability_changed("beta", base=PHNOM_PENH, coverage=CAMBODIA, capacity=20),
    )
    room.sourced(asking(guards_needed(12), place=PHNOM_PENH))
    assert [review.provider_id for review in the_reviews(room, OPEN)] == [organisation("beta")]


def test_a_decided_matter_is_asked_about_anew_only_for_what_is_new() -> None:
    """The old decision stays beside the new question."""
    room = uncertain()
    request = room.sourced(ASKED)
    (first,) = the_reviews(room)
    decide(room, first, CLEARED)
    ask(room, request, *sorted(first.keys), "kh.armed@1")
    old, new = the_reviews(room)
    assert (old.status, new.status) == (CLEARED, OPEN)
    assert "kh.armed@1" in new.keys


def test_a_question_that_was_answered_meanwhile_has_the_request_sourced_at_once() -> None:
    """The operator was faster than the round of sourcing that asked."""
    room = uncertain()
    request = room.sourced(ASKED)
    (review,) = the_reviews(room)
    decide(room, review, CLEARED)
    ask(room, request, *sorted(review.keys))
    assert len(the_reviews(room)) == 1
    assert ("sourcing", request.request_id) in room.timers()


def test_an_open_review_takes_up_what_else_is_found() -> None:
    """One answer for all of it."""
    room = uncertain()
    request = room.sourced(ASKED)
    ask(room, request, "kh.armed@1")
    ask(room, request, "kh.armed@1")
    (review,) = the_reviews(room)
    assert (len(review.findings), review.version) == (3, 2)


def test_a_provider_that_leaves_lets_nobody_wait_for_it() -> None:
    """Whoever waited for a decision on it looks again, and finds that nobody is left."""
    room = uncertain()
    request = room.sourced(ASKED)
    room.hear_registry(
        provider_changed(
            "alpha",
            licence("KH"),
            home_country="KH",
            status=MemberStatus.SUSPENDED,
            version=2,
        )
    )
    room.wait()
    assert room.request(request).status is RequestStatus.UNFILLED


def explained(room: Room, request: Request) -> int:
    """Return how many rounds of sourcing are explained."""
    with room.store.read() as connection:
        return len(get_explanation(connection, OPERATOR, request.request_id))


def test_a_request_that_waits_for_an_operator_finds_whoever_comes_meanwhile() -> None:
    """A member that may serve without a decision joins, and nobody has decided yet."""
    room = Room(
        provider_changed("abroad", licence("MY"), home_country="VN"),
        capability_changed("abroad"),
    )
    request = room.sourced()
    assert the_reviews(room, OPEN)
    room.hear_registry(provider_changed("local"), capability_changed("local"))
    room.wait(room.patience.look)
    assert room.the_offer(request).provider_id == organisation("local")
    assert room.request(request).waits == 0


def test_a_look_while_nothing_has_changed_leaves_nothing_behind() -> None:
    """However long an operator takes, the request stays as it is, and looks again later."""
    room = uncertain()
    request = room.sourced(ASKED)
    for _ in range(3):
        room.wait(room.patience.look)
    assert room.request(request) == request
    assert ("look-again", request.request_id) in room.timers()


def test_a_look_that_finds_what_was_found_before_is_not_explained_again() -> None:
    """What changes is somebody else's affair: the request waits on, for the same reasons."""
    room = uncertain()
    request = room.sourced(ASKED)
    for version in range(1, 4):
        room.hear_registry(capability_changed("elsewhere", version=version))
        room.wait(room.patience.look)
    assert (explained(room, request), room.request(request).waits) == (1, 0)
    assert ("look-again", request.request_id) in room.timers()
    cleared(room, request)
    assert explained(room, request) == 2


def test_nobody_looks_for_a_request_that_is_over() -> None:
    """What is cancelled waits for nothing."""
    room = uncertain()
    request = room.sourced(ASKED)
    room.cancel(request)
    assert ("look-again", request.request_id) not in room.timers()


def review_of(status: ReviewStatus, revision: int, *keys: str) -> Review:
    """Return a decided review about these rules."""
    return Review(
        review_id=ReviewId(f"rev_{revision}"),
        provider_id=ALPHA.provider_id,
        country="KH",
        kind=CapabilityKind.GUARDS,
        armed=False,
        findings=tuple(Finding(key, "", "", key) for key in keys),
        opened_at=START,
        status=status,
        revision=revision,
    )


def test_the_latest_word_counts_for_all_that_words_to_its_effect_were_about() -> None:
    """An operator who refuses now puts in question what was cleared before, and the other way."""
    first, second = review_of(CLEARED, 1, "a", "b"), review_of(CLEARED, 2, "c")
    third = review_of(REFUSED, 3, "d")
    assert decision_on([]) is None
    both = decision_on([second, first])
    assert both is not None
    assert (both.cleared, both.keys, both.review_id) == (True, frozenset("abc"), "rev_2")
    against = decision_on([first, third, second])
    assert against is not None
    assert (against.cleared, against.keys) == (False, frozenset("d"))
