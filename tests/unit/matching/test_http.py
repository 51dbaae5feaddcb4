"""Matching over HTTP: requests and offers."""

from collections.abc import Iterator
from dataclasses import asdict

import pytest

from services.matching.engine.explain import ENGINE_VERSION
from tests.unit.matching.builders import (
    OPERATOR,
    PENANG,
    STRANGER,
    Room,
    capability_changed,
    licence,
    provider,
    provider_changed,
)
from tests.unit.matching.desk import Desk, Json, a_body, desk_over, problems

ALPHA = provider("alpha")
BETA = provider("beta")


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Return a desk over alpha next door and beta far away, ten guards each."""
    room = Room(
        provider_changed("alpha"),
        provider_changed("beta"),
        capability_changed("alpha"),
        capability_changed("beta", base=PENANG),
    )
    with desk_over(room) as opened:
        yield opened


def offer_of(desk: Desk, request: Json) -> Json:
    """Return the only offer of a request, as its enterprise sees it."""
    (offer,) = desk.get(f"/offers?request_id={request['request_id']}")["items"]
    assert isinstance(offer, dict)
    return offer


def test_a_request_is_answered_with_all_that_was_asked(desk: Desk) -> None:
    """201, with ids for itself and its needs, and defaults filled in."""
    answer = desk.ask("POST", "/requests", a_body(reference=" R-7 "))

    view = answer.json()
    assert answer.status_code == 201
    assert (view["status"], view["reference"], view["version"]) == ("submitted", "R-7", 1)
    assert view["enterprise_id"] == "org_mine"
    assert view["submitted_at"] == "2026-03-02T08:00:00Z"
    assert view["urgency"] == "planned"
    assert view["terms"]["confidentiality"] == "TLP:AMBER+STRICT"
    (need,) = view["needs"]
    assert need["need_id"].startswith("ned_")
    assert (need["quantity"], need["accepted"], need["offered"]) == (4, 0, 0)
    assert (need["splittable"], need["optional"]) == (True, False)


def test_the_whole_way_over_http(desk: Desk) -> None:
    """Submit, offer, accept, approve; each answer shows how it stands."""
    request = desk.submitted(a_body())
    assert (request["status"], request["needs"][0]["offered"]) == ("sourcing", 4)

    (offer,) = desk.get("/offers?status=sent", ALPHA)["items"]
    assert (offer["kind"], offer["quantity"], offer["principal"]) == ("guards", 4, None)
    assert desk.post(f"/offers/{offer['offer_id']}/accept", caller=ALPHA)["status"] == "accepted"

    path = f"/requests/{request['request_id']}"
    proposed = desk.get(path)
    assert (proposed["status"], proposed["needs"][0]["accepted"]) == ("proposed", 4)
    assert [a["provider_id"] for a in proposed["assignments"]] == ["org_alpha"]

    assert desk.post(f"{path}/approve")["status"] == "confirmed"
    committed = desk.get(f"/offers/{offer['offer_id']}", ALPHA)
    assert committed["status"] == "committed"
    assert committed["principal"]["name"] == "Ms Sok"

    cancelled = desk.post(f"{path}/cancel", {"reason": "plans changed"})
    assert (cancelled["status"], cancelled["needs"][0]["accepted"]) == ("cancelled", 0)
    assert desk.get(f"/offers/{offer['offer_id']}", ALPHA)["principal"] is None


def test_a_provider_learns_place_and_time_but_not_the_principal(desk: Desk) -> None:
    """Nothing in an offer names whom to protect, nor the enterprise."""
    desk.submitted(a_body())
    answer = desk.ask("GET", "/offers", caller=ALPHA)

    assert "Kuala Lumpur" in answer.text
    assert "2026-03-03T08:00:00Z" in answer.text
    assert "Ms Sok" not in answer.text
    assert "org_mine" not in answer.text


def test_a_counter_is_for_the_enterprise_to_accept(desk: Desk) -> None:
    """The offer carries the new price."""
    offer = offer_of(desk, desk.submitted(a_body()))
    price = {"amount": {"minor_units": 45_000, "currency": "USD"}, "per": "day"}
    path = f"/offers/{offer['offer_id']}"

    countered = desk.post(f"{path}/counter", {"price": price, "reason": "fuel"}, ALPHA)
    assert (countered["status"], countered["price"]) == ("countered", price)
    assert desk.post(f"{path}/accept")["status"] == "accepted"


def test_a_declined_offer_is_made_to_another(desk: Desk) -> None:
    """Over HTTP and the timer."""
    offer = offer_of(desk, desk.submitted(a_body()))
    desk.post(f"/offers/{offer['offer_id']}/decline", {"reason": "busy"}, ALPHA)
    desk.room.wait()

    assert [o["quantity"] for o in desk.get("/offers?status=sent", BETA)["items"]] == [4]


def test_everybody_sees_their_own_and_an_operator_all(desk: Desk) -> None:
    """Lists hold nothing of strangers."""
    mine = desk.submitted(a_body())
    theirs = desk.submitted(a_body(), STRANGER)

    def seen(path: str, caller: object) -> set[str]:
        return {item["request_id"] for item in desk.get(path, caller)["items"]}  # type: ignore[arg-type]

    both = {mine["request_id"], theirs["request_id"]}
    assert seen("/requests", STRANGER) == {theirs["request_id"]}
    assert seen("/requests", OPERATOR) == both
    assert seen("/offers", STRANGER) == {theirs["request_id"]}
    assert seen("/offers", ALPHA) == both
    assert seen("/offers", BETA) == set()
    assert seen("/requests?status=confirmed", OPERATOR) == set()


def test_lists_come_in_pages(desk: Desk) -> None:
    """The cursor continues where the page ended."""
    submitted = [desk.post("/requests", a_body())["request_id"] for _ in range(3)]

    first = desk.get("/requests?limit=2")
    second = desk.get(f"/requests?limit=2&cursor={first['next_cursor']}")

    assert [i["request_id"] for i in first["items"] + second["items"]] == submitted
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("method", "part", "body"),
    [
        ("GET", "", None),
        ("GET", "/explanation", None),
        ("POST", "/approve", {}),
        ("POST", "/cancel", {"reason": "mischief"}),
    ],
)
def test_a_strangers_request_does_not_exist(
    desk: Desk, method: str, part: str, body: Json | None
) -> None:
    """Neither to look at nor to touch; it answers as an id that never was."""
    request = desk.submitted(a_body())

    strange = desk.ask(method, f"/requests/{request['request_id']}{part}", body, STRANGER)
    unknown = desk.ask(method, f"/requests/req_unknown{part}", body, STRANGER)

    assert strange.status_code == unknown.status_code == 404
    assert strange.json()["type"] == unknown.json()["type"] == "urn:muster:problem:not-found"


@pytest.mark.parametrize(
    ("method", "part", "body"),
    [
        ("GET", "", None),
        ("POST", "/accept", {}),
        ("POST", "/decline", {"reason": "mischief"}),
        (
            "POST",
            "/counter",
            {
                "price": {"amount": {"minor_units": 1, "currency": "USD"}, "per": "day"},
                "reason": "mischief",
            },
        ),
    ],
)
def test_a_strangers_offer_does_not_exist(
    desk: Desk, method: str, part: str, body: Json | None
) -> None:
    """Neither for another enterprise nor for another provider."""
    offer = offer_of(desk, desk.submitted(a_body()))

    for caller in (STRANGER, BETA):
        answer = desk.ask(method, f"/offers/{offer['offer_id']}{part}", body, caller)
        assert answer.status_code == 404


def test_who_may_not_is_told_so(desk: Desk) -> None:
    """A provider does not ask for protection; an operator does not answer for a member."""
    offer = offer_of(desk, desk.submitted(a_body()))

    assert desk.ask("POST", "/requests", a_body(), ALPHA).status_code == 403
    assert desk.ask("POST", "/requests", a_body(), OPERATOR).status_code == 403
    refused = desk.ask("POST", f"/offers/{offer['offer_id']}/accept", {}, OPERATOR)
    assert refused.status_code == 403


def test_the_wrong_state_is_told_with_what_is_allowed(desk: Desk) -> None:
    """409, current and allowed."""
    request = desk.submitted(a_body())
    answer = desk.ask("POST", f"/requests/{request['request_id']}/approve", {})

    assert answer.status_code == 409
    assert answer.json()["current"] == "sourcing"
    assert answer.json()["allowed"] == ["cancelled", "expired", "proposed", "unfilled"]


def test_a_late_answer_is_told_what_to_do(desk: Desk) -> None:
    """409, with the time it expired and where to look for open offers."""
    offer = offer_of(desk, desk.submitted(a_body(urgency="emergency")))
    expired_at = offer["expires_at"]
    desk.room.clock.advance(desk.room.patience.answer["emergency"])  # type: ignore[index]

    answer = desk.ask("POST", f"/offers/{offer['offer_id']}/accept", {}, ALPHA)

    assert answer.status_code == 409
    assert answer.json()["current"] == "expired"
    assert expired_at.removesuffix("Z") in answer.json()["detail"]
    assert "GET /v1/offers?status=sent" in answer.json()["detail"]


def guards(**changes: object) -> list[Json]:
    """Return one need for guards, with some fields replaced."""
    return [{"quantity": 1, "required": {"kind": "guards"}, **changes}]


SEOUL: Json = {"country": "KR", "position": {"latitude": 37.5, "longitude": 127}}


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        (
            {"window": {"starts_at": "2026-03-03T20:00:00Z", "ends_at": "2026-03-03T08:00:00Z"}},
            "window",
            "must be later than",
        ),
        (
            {"window": {"starts_at": "2026-03-01T08:00:00Z", "ends_at": "2026-03-01T20:00:00Z"}},
            "window.ends_at",
            "has passed",
        ),
        (
            {"window": {"starts_at": "2026-03-03T08:00:00", "ends_at": "2026-03-03T20:00:00Z"}},
            "window.starts_at",
            "timezone",
        ),
        ({"place": {**SEOUL, "country": "XX"}}, "place.country", "not a country code"),
        (
            {"place": {**SEOUL, "position": {"latitude": 91, "longitude": 0}}},
            "place.position.latitude",
            "less than or equal to 90",
        ),
        ({"needs": guards(quantity=0)}, "needs.0.quantity", "greater than or equal to 1"),
        ({"needs": guards(quantity=1001)}, "needs.0.quantity", "less than or equal to 1000"),
        ({"needs": []}, "needs", "at least 1"),
        ({"needs": guards() * 21}, "needs", "at most 20"),
        ({"needs": guards(optional=True)}, "needs", "all optional"),
        ({"needs": guards(required={"kind": "arrests"})}, "needs.0.required", "arrests"),
        (
            {"needs": guards(preferred={"kind": "vehicles"})},
            "needs.0",
            "give both the same kind",
        ),
        (
            {"needs": guards(required={"kind": "guards", "weapons": ["rifle"]})},
            "needs.0.required.weapons",
            "no such field",
        ),
        ({"urgency": "yesterday"}, "urgency", "emergency"),
        ({"priority": 1}, "priority", "no such field"),
        ({"principal": {"name": ""}}, "principal.name", "at least 1"),
        ({"terms": {"budget": {"minor_units": -1, "currency": "USD"}}}, "terms.budget", "0"),
    ],
)
def test_what_cannot_be_a_request_is_refused_by_name(
    desk: Desk, changes: Json, field: str, problem: str
) -> None:
    """422, naming the field and what was wrong; nothing is kept."""
    answer = desk.ask("POST", "/requests", a_body(**changes))

    found = problems(answer)
    assert answer.status_code == 422
    (name,) = found
    assert name.startswith(field)
    assert problem.lower() in found[name].lower()
    assert desk.get("/requests")["items"] == []


@pytest.mark.parametrize("part", ["decline", "counter"])
def test_a_no_needs_a_reason(desk: Desk, part: str) -> None:
    """Whoever is refused wants to know why."""
    offer = offer_of(desk, desk.submitted(a_body()))
    answer = desk.ask("POST", f"/offers/{offer['offer_id']}/{part}", {"reason": " "}, ALPHA)

    assert answer.status_code == 422
    assert "reason" in problems(answer)


def test_a_request_repeated_under_its_key_is_one_request(desk: Desk) -> None:
    """The answer got lost; sending it again is safe."""
    key = {"Idempotency-Key": "once"}
    first = desk.ask("POST", "/requests", a_body(), headers=key)
    again = desk.ask("POST", "/requests", a_body(), headers=key)

    assert first.json() == again.json()
    assert len(desk.get("/requests")["items"]) == 1


def test_an_operator_sees_the_whole_explanation(desk: Desk) -> None:
    """Every candidate by its id, with facts, wishes and scores."""
    body = a_body(excluded_providers=["org_beta"])
    request = desk.submitted(body)

    explanation = desk.get(f"/requests/{request['request_id']}/explanation", OPERATOR)

    (round_,) = explanation["rounds"]
    (need,) = round_["needs"]
    chosen, barred = need["considered"]
    assert (round_["round"], round_["engine_version"]) == (1, ENGINE_VERSION)
    assert round_["rule_pack"] == desk.room.policy.pack.version
    assert round_["weights"] == asdict(desk.room.policy.weights)
    assert round_["solver"].startswith("optimal")
    assert (chosen["provider"], chosen["choice"], chosen["quantity"]) == ("org_alpha", "chosen", 4)
    assert {verdict["ruling"] for verdict in chosen["verdicts"]} == {"passed"}
    assert set(chosen["components"]) == set(round_["weights"])
    assert (barred["provider"], barred["eligible"]) == ("org_beta", False)
    assert [verdict for verdict in barred["verdicts"] if verdict["ruling"] != "passed"] == [
        {
            "rule": "not_excluded",
            "ruling": "failed",
            "fact": "excluded by the request",
            "wanted": "a provider that is not excluded",
        }
    ]


def test_an_enterprise_learns_the_rules_but_not_who_failed_them(desk: Desk) -> None:
    """Whom it has an offer from it knows; the others are numbered, the same over all rounds."""
    desk.room.hear_registry(
        capability_changed("gamma", of="beta", lead_time_minutes=100_000, base=PENANG)
    )
    request = desk.submitted(a_body())
    path = f"/requests/{request['request_id']}/explanation"

    answer = desk.ask("GET", path)

    assert "beta" not in answer.text
    (round_,) = answer.json()["rounds"]
    assert round_["solver"] == "optimal", "its figures are made of the scores of others"
    (need,) = round_["needs"]
    known, spare, barred = need["considered"]
    assert known["provider"] == "org_alpha"
    assert (spare["provider"], spare["capability"]) == ("member 1", "capability 1")
    assert (spare["score"], spare["components"]) == (None, {})
    assert (barred["provider"], barred["capability"]) == ("member 1", "capability 2")
    assert [verdict for verdict in barred["verdicts"] if verdict["ruling"] != "passed"] == [
        {
            "rule": "arrival",
            "ruling": "failed",
            "fact": "",
            "wanted": "by 2026-03-03T08:00:00+00:00",
        }
    ]
    assert "fairness" not in known["components"]
    assert not any(verdict["fact"] for verdict in known["verdicts"])

    offer = offer_of(desk, request)
    desk.post(f"/offers/{offer['offer_id']}/decline", {"reason": "busy"}, ALPHA)
    desk.room.wait()

    first, second = desk.get(path)["rounds"]
    assert {c["provider"] for c in first["needs"][0]["considered"]} == {"org_alpha", "org_beta"}
    assert [c["choice"] for c in second["needs"][0]["considered"]] == [
        "chosen",
        "barred",
        "barred",
    ]


def test_why_nobody_serves_tells_an_enterprise_nobodys_home() -> None:
    """The law of a member's home state would say where it is at home; operators may know."""
    room = Room(
        provider_changed("delhi", licence(), home_country="IN"),
        capability_changed("delhi"),
    )
    with desk_over(room) as desk:
        view = desk.submitted(a_body())
        whole = desk.get(f"/requests/{view['request_id']}", OPERATOR)
    (said,) = room.said("muster.matching.request.unfilled.v1")
    assert view["shortfalls"][0]["reasons"] == {"home_state.serving_abroad": 1}
    assert "in.serving_abroad" not in said.event.model_dump_json()
    assert whole["shortfalls"][0]["reasons"] == {"in.serving_abroad": 1}
