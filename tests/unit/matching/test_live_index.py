"""The index that each process keeps, and the part of a big alliance that is looked at closely."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event

from muster.contracts.event import Event
from muster.contracts.vocabulary.attributes import GuardRequirement
from muster.contracts.vocabulary.identifiers import CapabilityId
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.statuses import (
    CapabilityStatus,
    MemberStatus,
    RequestStatus,
    ReviewStatus,
)
from muster.contracts.vocabulary.values import Coverage, Place, Position
from services.matching.engine.index import Found, Search
from services.matching.explanations import get_explanation
from services.matching.live_index import LiveIndex
from services.matching.projection import load_members
from services.matching.shortlist import BEST, FEW
from tests.unit.matching.builders import (
    KUALA_LUMPUR,
    MINE,
    OPERATOR,
    PENANG,
    PHNOM_PENH,
    Room,
    asking,
    capability_changed,
    enterprise_changed,
    guards_needed,
    licence,
    organisation,
    provider_changed,
    usual_settings,
)
from tests.unit.matching.reviewing import CAMBODIA, decide, the_reviews

MINUTE = timedelta(minutes=1)


def new_index() -> LiveIndex:
    """Return an index as a process has it that has just started."""
    return LiveIndex(usual_settings().policy, MINUTE)


def found_by(index: LiveIndex, room: Room, place: Place = KUALA_LUMPUR) -> Found:
    """Return whom the index finds for four guards, once it is up to date."""
    request = room.request(room.submit(asking(place=place)))
    with room.store.read() as connection:
        index.synchronise(connection, room.clock.now())
        enterprise = load_members(connection, [MINE]).get(MINE)
    return index.search(Search.of(request, request.needs[0], enterprise, room.clock.now()), 50)


def names(found: Found) -> list[str]:
    """Return who is clear, in short, the best first."""
    return [hit.capability_id.removeprefix("cap_") for hit in found.clear]


@contextmanager
def counted(room: Room) -> Iterator[list[str]]:
    """Note every statement."""
    statements: list[str] = []

    def note(*args: object) -> None:
        statements.append(str(args[2]))

    event.listen(room.store.engine, "before_cursor_execute", note)
    yield statements
    event.remove(room.store.engine, "before_cursor_execute", note)


def test_an_index_follows_what_changes() -> None:
    """A capability, its provider, its end: whatever was committed before the search."""
    room, index = Room(), new_index()
    assert names(found_by(index, room)) == []

    room.hear_registry(provider_changed("alpha"), capability_changed("alpha"))
    room.hear_registry(provider_changed("beta"), capability_changed("beta", base=PENANG))
    assert names(found_by(index, room)) == ["alpha", "beta"]

    room.hear_registry(provider_changed("alpha", status=MemberStatus.SUSPENDED, version=2))
    assert names(found_by(index, room)) == ["beta"]

    room.hear_registry(capability_changed("beta", status=CapabilityStatus.RETIRED, version=2))
    assert found_by(index, room).total == 1

    room.hear_registry(provider_changed("alpha", version=3))
    assert names(found_by(index, room)) == ["alpha"]


def test_an_index_follows_what_operators_decide() -> None:
    """Guards in Cambodia are in question until an operator has cleared them."""
    room, index = Room(), new_index()
    room.hear_registry(
        provider_changed("alpha", licence("KH"), home_country="KH"),
        capability_changed("alpha", base=PHNOM_PENH, coverage=CAMBODIA),
    )
    room.sourced(asking(place=PHNOM_PENH))
    before = found_by(index, room, PHNOM_PENH)
    assert (before.clear_in_all, before.review_in_all) == (0, 1)

    (review,) = the_reviews(room)
    decide(room, review, ReviewStatus.CLEARED)

    assert names(found_by(index, room, PHNOM_PENH)) == ["alpha"]


def test_looking_for_changes_costs_one_small_read_when_there_are_none() -> None:
    """The number of the newest change, and nothing else."""
    room, index = Room(provider_changed("alpha"), capability_changed("alpha")), new_index()
    found_by(index, room)

    with room.store.read() as connection, counted(room) as statements:
        index.synchronise(connection, room.clock.now())

    assert len(statements) == 1
    assert "revisions" in statements[0]


@pytest.mark.parametrize("seed", range(5))
def test_however_an_index_came_to_know_it_answers_as_one_that_starts_anew(seed: int) -> None:
    """One that looks after every change, one that looks now and then, and a new one."""
    chance = random.Random(seed)
    room, often, seldom = Room(), new_index(), new_index()
    for version in range(1, 40):
        name = chance.choice(("alpha", "beta", "gamma"))
        status = chance.choice((MemberStatus.ACTIVE, MemberStatus.ACTIVE, MemberStatus.SUSPENDED))
        papers = chance.choice(((), (licence("SG"),)))
        member = provider_changed(name, *papers, status=status, version=version)
        capability = capability_changed(
            f"{name}{chance.randint(1, 3)}",
            of=name,
            base=chance.choice((KUALA_LUMPUR, PENANG)),
            coverage=Coverage(frozenset(chance.choice((("MY",), ("MY", "SG"), ("SG",))))),
            status=chance.choice(list(CapabilityStatus)),
            version=version,
        )
        room.hear_registry(*chance.choice(((member,), (capability,), (member, capability))))
        answers = {"often": found_by(often, room)}
        if chance.random() < 0.2:
            answers["seldom"] = found_by(seldom, room)
        assert all(answer == found_by(new_index(), room) for answer in answers.values())


def test_a_store_put_back_from_a_copy_is_read_anew() -> None:
    """What the index knew of it counts no more."""
    later = Room(provider_changed("alpha"), capability_changed("alpha"))
    later.hear_registry(capability_changed("alpha", version=2))
    index = new_index()
    assert names(found_by(index, later)) == ["alpha"]

    earlier = Room(provider_changed("beta"), capability_changed("beta"))
    assert names(found_by(index, earlier)) == ["beta"]


def test_how_providers_fare_moves_their_places_after_a_while() -> None:
    """Alpha lets offers lapse; of two equals Beta is better then."""
    room, index = Room(), new_index()
    for name in ("alpha", "beta"):
        room.hear_registry(provider_changed(name), capability_changed(name))
    assert names(found_by(index, room)) == ["alpha", "beta"]
    for _ in range(3):
        room.decline(room.the_offer(room.sourced(asking(excluded=[organisation("beta")]))))

    assert names(found_by(index, room)) == ["alpha", "beta"]  # not yet
    room.clock.advance(MINUTE)
    assert names(found_by(index, room)) == ["beta", "alpha"]


# A big alliance


def crowd(room: Room, members: int) -> None:
    """Let so many members join with one guard each, the first the nearest."""
    said: list[Event] = []
    for number in range(members):
        base = Place("MY", Position(3.14 + number / 1000, 101.69))
        name = f"m{number:04}"
        said += [provider_changed(name), capability_changed(name, base=base, capacity=1)]
    room.hear_registry(*said)


@pytest.fixture(scope="module")
def big() -> Room:
    """Somewhat more members than are all looked at, one guard each."""
    room = Room()
    crowd(room, 4 * BEST + 30)
    return room


def considered(room: Room, quantity: int) -> tuple[int, dict[str, int]]:
    """Return how many were locked for so many guards, and who is counted only."""
    request = room.sourced(asking(guards_needed(quantity)))
    with room.store.read() as connection:
        (round_,) = get_explanation(connection, OPERATOR, request.request_id)
    (need,) = round_.explanation.needs
    room.cancel(request)
    return len(need.considered), need.beyond


def test_of_many_the_best_are_looked_at_and_the_others_counted(big: Room) -> None:
    """Nobody is left out of the numbers."""
    listed, beyond = considered(big, 5)

    assert listed == BEST
    assert beyond == {"eligible": 3 * BEST + 30}


def test_more_are_looked_at_when_the_best_cannot_cover_it(big: Room) -> None:
    """A hundred guards of one each take a hundred members."""
    request = big.sourced(asking(guards_needed(100)))

    assert sum(offer.quantity for offer in big.offers(request)) == 100
    nearest = {f"org_m{number:04}" for number in range(100)}
    assert {offer.provider_id for offer in big.offers(request)} == nearest
    big.cancel(request)


def test_what_others_hold_of_the_best_lets_more_be_looked_at(big: Room) -> None:
    """The nearest sixty are taken; the next get the next request."""
    first = big.sourced(asking(guards_needed(BEST)))
    second = big.sourced(asking(guards_needed(BEST)))

    assert len(big.offers(second)) == BEST
    assert big.overbooked() == []
    big.cancel(first)
    big.cancel(second)


def test_in_a_small_alliance_everybody_is_looked_at() -> None:
    """Those who cannot serve, too: the explanation names them."""
    room = Room()
    crowd(room, 3)
    room.hear_registry(capability_changed("idle", of="m0000", status=CapabilityStatus.PAUSED))
    index = new_index()
    found_by(index, room)

    everybody = index.everybody(CapabilityKind.GUARDS, "MY", FEW)
    assert everybody is not None
    assert CapabilityId("cap_idle") in everybody
    assert index.everybody(CapabilityKind.GUARDS, "MY", 3) is None
    assert index.everybody(CapabilityKind.GUARDS, "SG", 3) == ()


# Who asks


def test_a_request_waits_for_news_of_its_enterprise() -> None:
    """Its registration was overtaken by its request."""
    room = Room(provider_changed("alpha"), capability_changed("alpha"), enterprises=())
    request = room.sourced()
    assert room.request(request).status is RequestStatus.SOURCING
    assert room.offers(request) == []

    room.hear_registry(enterprise_changed())
    room.wait(room.patience.retry)

    assert room.the_offer(request).provider_id == "org_alpha"


def test_a_request_of_an_enterprise_nobody_ever_hears_of_is_given_up() -> None:
    """Whose law it was made under cannot be told; the reason is kept."""
    room = Room(provider_changed("alpha"), capability_changed("alpha"), enterprises=())
    request = room.sourced(asking(guards_needed(4, required=GuardRequirement("guards"))))
    for _ in range(room.patience.tries):
        room.wait(room.patience.retry)

    given_up = room.request(request)
    assert given_up.status is RequestStatus.UNFILLED
    assert given_up.shortfalls[0].reasons == {"states_determined": 1}
