"""The last lines of defence, and proof that what watches over them would notice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from muster.contracts.vocabulary.identifiers import BookingId
from muster.contracts.vocabulary.statuses import BookingStatus, RequestStatus
from muster.contracts.vocabulary.values import Window
from muster.storage.unit_of_work import UnitOfWork
from services.matching import calendar
from services.matching.domain.progress import missing
from services.matching.domain.request import Request
from services.matching.engine.engine import plan
from services.matching.engine.model import Demand, Hold, Outcome, Pool
from services.matching.pool import lock_pool
from services.matching.tables import REQUESTS
from services.matching.use_cases import source_requests
from services.matching.use_cases.settling import Round
from tests.unit.matching.builders import (
    Room,
    asking,
    capability_changed,
    guards_needed,
    provider_changed,
)
from tests.unit.matching.cases import a_booking


@pytest.fixture
def room() -> Room:
    """Alpha, ten guards."""
    return Room(provider_changed("alpha"), capability_changed("alpha"))


def settle_with(room: Room, request: Request, quantities: list[int]) -> None:
    """Settle a round in which an engine that errs holds these quantities, whatever is free."""

    def settle(work: UnitOfWork) -> None:
        demand = Demand(request, missing(request, []), frozenset(), may_wait=True)
        matcher = room.matcher
        pool = lock_pool(work.connection, [demand], matcher.index, work.now)
        (honest,) = plan([demand], pool, matcher.policy, matcher.clock).outcomes
        holds = tuple(
            Hold(request.request_id, request.needs[0], pool.capabilities[0], q, request.window)
            for q in quantities
        )
        outcome = Outcome(request.request_id, holds, (), (), False, honest.explanation)
        round_ = Round(work, matcher, pool)
        round_.settle(demand, [], outcome)
        round_.write()

    room.transact(settle)


def test_an_engine_that_errs_cannot_overbook(room: Room) -> None:
    """What does not fit is not held; the need is sourced again later."""
    request = room.submit(asking(guards_needed(15)))
    settle_with(room, request, [8, 7])

    assert [offer.quantity for offer in room.offers(request)] == [8]
    assert room.overbooked() == []
    assert ("sourcing", request.request_id) in room.timers()


def test_an_engine_that_errs_cannot_fill_a_need_twice(room: Room) -> None:
    """Four were asked for, four are offered, though six are free."""
    request = room.submit()
    settle_with(room, request, [4, 4])

    assert [offer.quantity for offer in room.offers(request)] == [4]
    assert room.request(request).status is RequestStatus.SOURCING


def test_what_is_overbooked_would_be_seen(room: Room) -> None:
    """Bookings written past the calendar's check are found, with how far they went over."""
    over = [
        a_booking("alpha", 8),
        a_booking("alpha", 5, status=BookingStatus.CONFIRMED),
    ]
    written = [
        replace(booking, capacity=10, booking_id=BookingId(f"bkg_{n}"))
        for n, booking in enumerate(over)
    ]
    room.transact(lambda work: calendar.hold(work, written))

    (found,) = room.overbooked()

    assert (found.capability_id, found.peak, found.capacity) == ("cap_alpha", 13, 10)


def test_bookings_that_do_not_meet_are_not_overbooked(room: Room) -> None:
    """All of it one day, all of it the next."""
    room.until_confirmed(asking(guards_needed(10)))
    tomorrow = asking().window
    next_day = Window(tomorrow.ends_at, tomorrow.ends_at + timedelta(hours=12))
    room.until_confirmed(asking(guards_needed(10), window=next_day))

    assert room.taken() == 20
    assert room.overbooked() == []


def test_without_the_calendar_the_watch_turns_red(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If sourcing believed that nothing was ever taken, `overbooked` would say so."""

    def blind(*args: object) -> Pool:
        return replace(lock_pool(*args), bookings=())  # type: ignore[arg-type]

    monkeypatch.setattr(source_requests, "lock_pool", blind)
    room.sourced(asking(guards_needed(10)))
    room.sourced(asking(guards_needed(10)))

    assert [found.peak for found in room.overbooked()] == [20]


def test_a_round_owed_for_nothing_does_no_harm(room: Room) -> None:
    """Nothing is missing, nobody is looked for."""
    request = room.sourced()
    owed = room.request(request).owe_sourcing()
    room.transact(lambda work: REQUESTS.save(work, owed))
    room.transact(
        lambda work: source_requests.source_requests(work, [request.request_id], room.matcher)
    )

    assert len(room.offers(request)) == 1
    assert not room.request(request).sourcing_due
