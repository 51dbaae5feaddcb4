"""Whoever was asked or has committed is judged again when something changes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from muster.contracts.event import Event
from muster.contracts.matching import AssignmentCleared, AssignmentFlagged, OfferWithdrawn
from muster.contracts.vocabulary.errors import Conflict
from muster.contracts.vocabulary.statuses import (
    AuthorisationStatus,
    JobStatus,
    MemberStatus,
    OfferStatus,
    RequestStatus,
    ReviewStatus,
)
from muster.storage.unit_of_work import UnitOfWork
from services.matching import flags, queries
from services.matching.domain.flag import FlagStatus
from services.matching.domain.request import Request
from services.matching.projection import keep_members
from services.matching.queries import RequestReading
from services.matching.use_cases.project_registry import member_of
from services.matching.use_cases.recheck_request import recheck_request
from services.matching.use_cases.source_requests import source_requests
from services.matching.views.requests import RequestView
from tests.unit.matching.builders import (
    ENTERPRISE,
    GUARDS,
    MINE,
    OPERATOR,
    Room,
    asking,
    capability_changed,
    enterprise_changed,
    guards_needed,
    licence,
    organisation,
    provider_changed,
)
from tests.unit.matching.reviewing import (
    ASKED,
    cleared,
    decide,
    the_flags,
    the_reviews,
    uncertain,
)

REVOKED = licence(status=AuthorisationStatus.REVOKED)

# What may befall a provider after it was asked, and the rule it then fails.
MISFORTUNES: dict[str, Event] = {
    "provider_active": provider_changed("alpha", status=MemberStatus.SUSPENDED, version=2),
    "alliance.licence": provider_changed("alpha", REVOKED, version=2),
    "no_conflict": provider_changed("alpha", conflicts=[MINE], version=2),
}
RESTORED = provider_changed("alpha", version=3)


@pytest.fixture
def room() -> Room:
    """Two members with ten guards each, where the law is sure."""
    return Room(
        provider_changed("alpha"),
        capability_changed("alpha"),
        provider_changed("beta"),
        capability_changed("beta"),
    )


def befall(room: Room, *said: Event) -> None:
    """Hear of a change, and let whatever is due at once happen."""
    room.hear_registry(*said)
    room.wait()


def both(room: Room) -> Request:
    """Return a request that needs both members, with an offer to each."""
    return room.sourced(asking(guards_needed(14)))


def said(room: Room, kind: type[Event]) -> list[Event]:
    """Return what was said of this kind."""
    return [envelope.event for envelope in room.said() if isinstance(envelope.event, kind)]


def confirmed_with_alpha(room: Room) -> Request:
    """Return a confirmed request that both serve."""
    return room.until_confirmed(asking(guards_needed(14)))


@pytest.mark.parametrize("rule", MISFORTUNES)
def test_what_is_not_committed_is_taken_back_and_what_others_accepted_stays(
    room: Room, rule: str
) -> None:
    """Both sides hear which rule it was, and the rest is sourced from others."""
    request = both(room)
    of_alpha, of_beta = sorted(room.offers(request), key=lambda offer: offer.provider_id)
    room.accept(of_alpha)
    room.accept(of_beta)
    assert room.request(request).status is RequestStatus.PROPOSED
    befall(room, provider_changed("gamma"), capability_changed("gamma"), MISFORTUNES[rule])
    assert room.offer(of_alpha.offer_id).status is OfferStatus.RELEASED
    assert room.offer(of_beta.offer_id).status is OfferStatus.ACCEPTED
    assert room.request(request).status is RequestStatus.SOURCING
    anew = room.offers(request, OfferStatus.SENT)
    assert sum(offer.quantity for offer in anew) == of_alpha.quantity
    assert organisation("alpha") not in {offer.provider_id for offer in anew}
    (released,) = [e.event for e in room.said("muster.matching.offer.released.v1")]
    assert rule in str(released)
    assert not room.overbooked()


def test_an_unanswered_offer_is_withdrawn(room: Room) -> None:
    """The provider learns which rule stands against it."""
    request = room.sourced()
    offer = room.the_offer(request)
    befall(room, provider_changed(offer.provider_id.removeprefix("org_"), REVOKED, version=2))
    assert room.offer(offer.offer_id).status is OfferStatus.WITHDRAWN
    (withdrawn,) = said(room, OfferWithdrawn)
    assert withdrawn.reason == "the provider no longer passes: alliance.licence, my.licence"  # type: ignore[attr-defined]
    assert room.the_offer(request).provider_id != offer.provider_id


def test_a_conflict_that_the_enterprise_declares_counts_as_well(room: Room) -> None:
    """It is not served by whom it must not be served by."""
    request = room.sourced()
    offer = room.the_offer(request)
    befall(room, enterprise_changed(conflicts=[offer.provider_id], version=2))
    assert room.offer(offer.offer_id).status is OfferStatus.WITHDRAWN


def test_a_change_that_matters_to_nobody_moves_nothing(room: Room) -> None:
    """A new address of an office, say."""
    request = both(room)
    before = room.request(request), room.offers(request)
    befall(room, provider_changed("alpha", version=2))
    assert (room.request(request), room.offers(request)) == before


@pytest.mark.parametrize("rule", MISFORTUNES)
def test_committed_work_is_flagged_and_goes_on(room: Room, rule: str) -> None:
    """No machine ends it while people are in the field; an operator decides."""
    request = confirmed_with_alpha(room)
    befall(room, MISFORTUNES[rule])
    (flag,) = the_flags(room)
    assert (flag.provider_id, flag.is_raised) == (organisation("alpha"), True)
    assert flag.findings[0].rule == rule
    assert room.request(request).status is RequestStatus.CONFIRMED
    assert len(room.offers(request, OfferStatus.COMMITTED)) == 2
    (event,) = said(room, AssignmentFlagged)
    assert isinstance(event, AssignmentFlagged)
    assert (event.provider_id, event.enterprise_id, event.version) == (flag.provider_id, MINE, 1)
    assert event.findings[0].rule == rule


def test_a_flag_is_not_said_again_while_the_same_rules_stand_against_it(room: Room) -> None:
    """However often it is looked at; another rule is news."""
    confirmed_with_alpha(room)
    for version in (2, 3, 4):
        befall(room, provider_changed("alpha", status=MemberStatus.SUSPENDED, version=version))
    assert len(said(room, AssignmentFlagged)) == 1
    befall(room, provider_changed("alpha", REVOKED, status=MemberStatus.SUSPENDED, version=5))
    assert [event.version for event in said(room, AssignmentFlagged)] == [1, 2]  # type: ignore[attr-defined]


def test_a_flag_is_cleared_when_its_provider_passes_again(room: Room) -> None:
    """And raised again if it must be, under the next version."""
    confirmed_with_alpha(room)
    befall(room, MISFORTUNES["provider_active"])
    befall(room, RESTORED)
    (flag,) = the_flags(room)
    assert (flag.status, flag.cleared_at) == (FlagStatus.CLEARED, room.clock.now())
    assert [event.version for event in said(room, AssignmentCleared)] == [2]  # type: ignore[attr-defined]
    befall(room, provider_changed("alpha", REVOKED, version=4))
    (flag,) = the_flags(room)
    assert (flag.is_raised, flag.version, flag.cleared_at) == (True, 3, None)
    assert [step[2] for step in room.steps(flag.flag_id)] == ["raised", "cleared", "raised"]


def test_who_has_done_its_work_is_not_flagged(room: Room) -> None:
    """A suspension later on concerns no job that is over."""
    request = confirmed_with_alpha(room)
    room.hear_job(request, "alpha", JobStatus.COMPLETED, 2)
    befall(room, MISFORTUNES["provider_active"])
    assert the_flags(room) == []


def test_people_whom_the_law_bars_are_noticed_as_well(room: Room) -> None:
    """A provider's papers are in order, but it says now that its guards are others."""
    confirmed_with_alpha(room)
    others = replace(GUARDS, nationalities=frozenset({"TH"}))
    befall(room, capability_changed("alpha", attributes=others, version=2))
    (flag,) = the_flags(room)
    assert [finding.rule for finding in flag.findings] == ["my.personnel"]


def test_a_raised_flag_is_listed_while_the_work_goes_on(room: Room) -> None:
    """Then there is nothing to decide any more."""
    request = confirmed_with_alpha(room)
    befall(room, MISFORTUNES["provider_active"])

    def raised() -> int:
        with room.store.read() as connection:
            return len(
                flags.list_flags(
                    connection, status=FlagStatus.RAISED, request_id=None, after=None, limit=10
                )
            )

    def on_the_request() -> int:
        with room.store.read() as connection:
            return len(flags.raised_on(connection, [request.request_id]))

    assert raised() == on_the_request() == 1
    room.hear_job(request, "alpha", JobStatus.COMPLETED, 2)
    assert raised() == on_the_request() == 0


def test_nothing_is_judged_after_the_window(room: Room) -> None:
    """What stood then stands in the record; a flag is not cleared for want of a window."""
    request = confirmed_with_alpha(room)
    befall(room, MISFORTUNES["provider_active"])
    room.wait(timedelta(days=3))
    room.transact(lambda work: recheck_request(work, request.request_id, room.policy))
    (flag,) = the_flags(room)
    assert flag.is_raised


def test_nobody_accepts_who_does_not_pass_any_more(room: Room) -> None:
    """Even before anybody has judged again; the refusal names the rule."""
    offer = room.the_offer(room.sourced())
    name = offer.provider_id.removeprefix("org_")
    room.hear_registry(provider_changed(name, REVOKED, version=2))
    with pytest.raises(Conflict, match=r"alliance\.licence"):
        room.accept(offer)
    room.hear_registry(provider_changed(name, version=3))
    room.accept(offer)


def test_nobody_approves_a_proposal_whose_provider_does_not_pass_any_more(room: Room) -> None:
    """The enterprise is told, and others are asked."""
    request = room.sourced()
    offer = room.the_offer(request)
    room.accept(offer)
    name = offer.provider_id.removeprefix("org_")
    room.hear_registry(provider_changed(name, status=MemberStatus.SUSPENDED, version=2))
    with pytest.raises(Conflict, match="provider_active"):
        room.approve(request)
    room.wait()
    assert room.request(request).status is RequestStatus.SOURCING


def test_a_refusal_takes_back_what_relied_on_the_clearance() -> None:
    """An operator may learn better."""
    room = uncertain()
    request = cleared(room, room.sourced(ASKED))
    offer = room.the_offer(request)
    (review,) = the_reviews(room)
    decide(room, review, ReviewStatus.REFUSED)
    with pytest.raises(Conflict):
        room.accept(offer)
    room.wait()
    assert room.offer(offer.offer_id).status is OfferStatus.WITHDRAWN
    assert room.request(request).status is RequestStatus.UNFILLED


def test_a_refusal_flags_what_is_committed_and_a_clearance_clears_it() -> None:
    """The work goes on; the flag says what was decided."""
    room = uncertain()
    request = cleared(room, room.sourced(ASKED))
    room.accept(room.the_offer(request))
    room.approve(request)
    (review,) = the_reviews(room)
    decide(room, review, ReviewStatus.REFUSED)
    room.wait()
    (flag,) = the_flags(room)
    assert {finding.rule for finding in flag.findings} == {"kh.licence", "kh.personnel"}
    decide(room, review, ReviewStatus.CLEARED)
    room.wait()
    (flag,) = the_flags(room)
    assert flag.status is FlagStatus.CLEARED


def test_an_enterprise_sees_the_flags_of_its_request_without_what_was_found(room: Room) -> None:
    """What was found is for operators; the rule and what would do are for both."""
    request = confirmed_with_alpha(room)
    befall(room, MISFORTUNES["alliance.licence"])
    views = []
    for caller in (ENTERPRISE, OPERATOR):
        with room.store.read() as connection:
            reading: RequestReading = queries.get_request(connection, caller, request.request_id)
            (flag,) = RequestView.of(reading).flags
        views.append(flag.findings[0])
    mine, whole = views
    assert (mine.rule, mine.wanted) == (whole.rule, whole.wanted)
    assert mine.fact is None
    assert whole.fact


def test_a_provider_lost_while_it_was_being_asked_is_judged_again() -> None:
    """Whoever looked for its offers then could not see the one that was being made."""
    room = Room(provider_changed("alpha"), capability_changed("alpha"))
    request = room.submit()

    def source(work: UnitOfWork) -> None:
        lost = provider_changed("alpha", status=MemberStatus.SUSPENDED, version=2)

        def clock() -> float:
            keep_members(work.connection, [member_of(lost)])
            return 0.0

        source_requests(work, [request.request_id], replace(room.matcher, clock=clock))

    room.transact(source)
    room.wait()
    assert room.offers(request, OfferStatus.WITHDRAWN)
    assert room.taken() == 0
