"""A new version of the rules: whoever is served is judged again, and it is said what came of it."""

from datetime import timedelta

from muster.contracts.matching import RulePackAdopted
from muster.contracts.vocabulary.statuses import OfferStatus, RequestStatus, ReviewStatus
from services.matching.engine.law.rules import Confidence
from services.matching.settings import MatchingSettings
from services.matching.use_cases.adopt_rule_pack import PIECE, adopt_rule_pack
from tests.stores import START
from tests.unit.matching.builders import (
    Room,
    asking,
    capability_changed,
    guards_needed,
    provider_changed,
)
from tests.unit.matching.reviewing import (
    ASKED,
    adopt,
    cleared,
    ruled_otherwise,
    the_adoptions,
    the_flags,
    the_reviews,
    uncertain,
)

A_MINUTE = timedelta(minutes=1)


def malaysia() -> Room:
    """Return a room with guards in Malaysia, whose first rules are in force."""
    room = Room(provider_changed("alpha"), capability_changed("alpha", capacity=200))
    adopt(room)
    room.clock.advance(A_MINUTE)
    return room


def unsure(room: Room, version: str = "pack-2") -> MatchingSettings:
    """Return settings whose rule on licences in Malaysia is not sure any more."""
    return ruled_otherwise(room, version, my_licence=Confidence.MEDIUM)


def said(room: Room) -> list[RulePackAdopted]:
    """Return what was said of adoptions."""
    return [e.event for e in room.said() if isinstance(e.event, RulePackAdopted)]


def test_the_first_rules_of_an_empty_house_are_no_news() -> None:
    """They are written down all the same, and once."""
    room = Room()
    adopt(room)
    assert adopt(room) == 1
    (adoption,) = the_adoptions(room)
    assert (adoption.rule_pack, adoption.previous) == (room.policy.pack.version, "")
    assert adoption.finished_at == START
    assert said(room) == []


def test_new_rules_flag_what_is_committed_and_take_back_what_is_not() -> None:
    """Each is judged by the new rules, and the counts are said."""
    room = malaysia()
    committed = room.until_confirmed()
    asked = room.sourced()
    over = room.cancel(room.sourced())
    adopt(room, unsure(room))
    (flag,) = the_flags(room)
    assert (flag.request_id, flag.rule_pack) == (committed.request_id, "pack-2")
    assert [finding.rule for finding in flag.findings] == ["my.licence"]
    assert room.offers(asked, OfferStatus.SENT) == []
    assert room.request(over).version == over.version
    (event,) = said(room)
    assert (event.rule_pack, event.requests_checked) == ("pack-2", 2)
    assert (event.assignments_flagged, event.offers_withdrawn) == (1, 1)
    latest, first = the_adoptions(room)
    assert (latest.previous, latest.requests_checked) == (first.rule_pack, 2)


def test_an_operator_can_clear_what_the_new_rules_leave_open() -> None:
    """The review is there, for the committed and for those who wait; one answer serves both."""
    room = malaysia()
    room.until_confirmed()
    asked = room.sourced()
    adopt(room, unsure(room))
    room.wait()
    (review,) = the_reviews(room)
    assert review.status is ReviewStatus.OPEN
    assert room.request(asked).status is RequestStatus.SOURCING
    cleared(room, asked)
    (flag,) = the_flags(room)
    assert not flag.is_raised
    assert room.the_offer(asked)


def test_whoever_waits_is_sourced_again_by_the_new_rules() -> None:
    """The rule it waited for may be gone."""
    room = uncertain()
    adopt(room)
    request = room.sourced(ASKED)
    assert room.offers(request) == []
    room.clock.advance(A_MINUTE)
    adopt(
        room,
        ruled_otherwise(room, "pack-2", kh_licence=Confidence.HIGH, kh_personnel=Confidence.MEDIUM),
    )
    room.wait()
    (review,) = the_reviews(room)
    assert any(finding.key == "kh.personnel@pack-2" for finding in review.findings)


def test_it_is_done_in_pieces_and_goes_on_after_a_crash() -> None:
    """No transaction holds everything; what is done is not done again."""
    room = malaysia()
    many = [room.submit(asking(guards_needed(1))) for _ in range(PIECE + 3)]
    room.source(*many)
    room.clock.advance(A_MINUTE)
    other = unsure(room)
    since = room.clock.now()

    def step() -> bool:
        return room.transact(lambda work: adopt_rule_pack(work, other.policy, since))

    assert (step(), step()) == (True, True)
    assert the_adoptions(room)[0].requests_checked == PIECE
    adopt(room, other)  # a worker that starts anew
    (event,) = said(room)
    assert event.requests_checked == event.offers_withdrawn == len(many)


def test_two_workers_that_start_at_once_adopt_once() -> None:
    """By turns."""
    room = malaysia()
    room.sourced()
    room.clock.advance(A_MINUTE)
    other = unsure(room)
    since = room.clock.now()
    steps = [
        room.transact(lambda work: adopt_rule_pack(work, other.policy, since)) for _ in range(8)
    ]
    assert steps[-1] is False
    assert len(said(room)) == 1
    assert len(the_adoptions(room)) == 2


def test_an_old_process_that_still_runs_does_not_bring_the_old_rules_back() -> None:
    """But one that is started with them again does: that is meant."""
    room = malaysia()
    old, since = room.settings, room.clock.now()
    room.clock.advance(A_MINUTE)
    adopt(room, unsure(room))
    room.transact(lambda work: adopt_rule_pack(work, old.policy, since))
    assert the_adoptions(room)[0].rule_pack == "pack-2"
    room.clock.advance(A_MINUTE)
    adopt(room, old)
    assert [each.rule_pack for each in the_adoptions(room)] == [
        old.policy.pack.version,
        "pack-2",
        old.policy.pack.version,
    ]
