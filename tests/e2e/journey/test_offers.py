"""Who is asked, what they answer, and who is asked instead."""

import pytest

from tests.e2e.actors import KAMPONG_CHAM, NEEDS, VIENTIANE, Json, a_request, decide, publish
from tests.e2e.journey.cast import Cast, answer_all, offers, status, would_be_offered
from tests.e2e.processes import paused
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker]


def test_what_one_declines_is_asked_of_another(cast: Cast) -> None:
    """Both are asked in turn; when both have declined, nobody is left and the reasons are given."""
    request = cast.enterprise.post("/v1/requests", a_request(30, needs=[NEEDS[1]]))
    first = eventually(lambda: offers(cast.operator, request, "sent"), within_s=30)[0]
    answer_all(cast, request, "decline", {"reason": "no car left"})

    second = eventually(lambda: offers(cast.operator, request, "sent"), within_s=30)[0]
    assert second["provider_id"] != first["provider_id"]
    answer_all(cast, request, "decline", {"reason": "no car left"})

    eventually(lambda: status(cast.enterprise, request) == "unfilled", within_s=30)
    view = cast.enterprise.get(f"/v1/requests/{request['request_id']}")
    assert view["shortfalls"][0]["missing"] == 2


def test_an_offer_nobody_answers_expires_and_goes_to_another(cast: Cast) -> None:
    """Emergency offers live for two seconds here."""
    request = cast.enterprise.post(
        "/v1/requests", a_request(50, needs=[NEEDS[3]], urgency="emergency")
    )

    eventually(lambda: len(offers(cast.operator, request)) == 2, within_s=30)

    expired = offers(cast.operator, request, "expired")
    assert len(expired) == 1


def test_a_countered_offer_waits_for_the_enterprise(cast: Cast) -> None:
    """The provider names another price; the enterprise accepts it."""
    request = cast.enterprise.post("/v1/requests", a_request(70, needs=[NEEDS[0]]))
    offer = eventually(lambda: offers(cast.operator, request, "sent"), within_s=30)[0]
    asked = next(c for c in (cast.provider, cast.rival) if offers(c, request))
    price = {"amount": {"minor_units": 55_000, "currency": "USD"}, "per": "day"}
    asked.post(f"/v1/offers/{offer['offer_id']}/counter", {"price": price, "reason": "holiday"})

    cast.enterprise.post(f"/v1/offers/{offer['offer_id']}/accept", {})

    eventually(lambda: status(cast.enterprise, request) == "proposed", within_s=30)
    assert offers(cast.enterprise, request)[0]["price"] == price


def test_what_waits_is_allocated_together_so_that_all_is_filled(cast: Cast) -> None:
    """First come, first served would give the near B7 to who needs but B6, and leave one without.

    The worker is paused while both are submitted, so that it finds them waiting together. Whoever
    asks alone gets the near one, which shows that it is the better.
    """
    near, far = cast.invite("near"), cast.invite("far")
    publish(near, {"kind": "vehicles", "armour": "B7", "seats": 6}, 1)
    publish(far, {"kind": "vehicles", "armour": "B6", "seats": 6}, 1, KAMPONG_CHAM, price=60_000)
    excluded = [each.organisation_id for each in (cast.provider, cast.rival)]
    light, heavy = (
        {"quantity": 1, "required": {"kind": "vehicles", "armour": armour, "seats": 6}}
        for armour in ("B6", "B7")
    )
    eventually(
        lambda: would_be_offered(
            cast.operator, cast.enterprise, [light, heavy], excluded_providers=excluded
        ),
        within_s=60,
    )

    def ask(need: Json, hours: float) -> Json:
        body = a_request(hours, needs=[need], excluded_providers=excluded)
        return cast.enterprise.post("/v1/requests", body)

    def asked(request: Json) -> str:
        (offer,) = eventually(lambda: offers(cast.operator, request), within_s=30)
        return str(offer["provider_id"])

    assert asked(ask(light, 600)) == near.organisation_id
    with paused(cast.mailbox_of.directory, "worker") as worker:
        for_light, for_heavy = ask(light, 650), ask(heavy, 650)
        worker.has_mail(2)
    assert asked(for_light) == far.organisation_id
    assert asked(for_heavy) == near.organisation_id


@pytest.mark.parametrize(
    ("answer", "ending", "hours"), [("cleared", "proposed", 20), ("refused", "unfilled", 40)]
)
def test_an_operators_review_opens_the_way_or_closes_it(
    cast: Cast, answer: str, ending: str, hours: int
) -> None:
    """What the law of Laos demands nobody knows for sure, so an operator is asked, once."""
    guards = cast.invite(f"mekong-{answer}", host="LA")
    publish(guards, {"kind": "guards", "skills": ["close_protection"]}, 4, VIENTIANE)
    needs = [{"quantity": 2, "required": {"kind": "guards", "skills": ["close_protection"]}}]
    members = cast.operator.items("/v1/organisations?limit=100")
    others = {member["organisation_id"] for member in members} - {guards.organisation_id}
    here = {"place": VIENTIANE, "excluded_providers": sorted(others)}

    def reviewed() -> list[Json]:
        request.update(cast.enterprise.post("/v1/requests", a_request(hours, needs, **here)))
        eventually(lambda: reviews() or status(cast.enterprise, request) == "unfilled")
        return reviews()

    def reviews() -> list[Json]:
        every = cast.operator.items("/v1/reviews?status=open&limit=100")
        return [each for each in every if each["provider_id"] == guards.organisation_id]

    request: Json = {}
    (review,) = eventually(reviewed, within_s=60)
    assert (review["country"], review["kind"], review["armed"]) == ("LA", "guards", False)
    assert status(cast.enterprise, request) == "sourcing"
    assert offers(cast.operator, request) == []
    guards.get(f"/v1/reviews/{review['review_id']}", status=403)

    decided = decide(cast.operator, review, answer)
    assert (decided["status"], decided["reason"]) == (answer, "asked the ministry")

    def ended() -> bool:
        for offer in offers(guards, request, "sent"):
            guards.post(f"/v1/offers/{offer['offer_id']}/accept", {})
        return status(cast.enterprise, request) == ending

    eventually(ended, within_s=30)
