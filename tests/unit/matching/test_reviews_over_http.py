"""Reviews, flags and rule packs over HTTP: for operators alone."""

from collections.abc import Iterator

import pytest

from muster.contracts.vocabulary.statuses import MemberStatus
from tests.unit.matching.builders import OPERATOR, provider_changed
from tests.unit.matching.desk import Desk, desk_over, problems
from tests.unit.matching.reviewing import ASKED, adopt, cleared, uncertain

CLEAR = {"decision": "cleared", "reason": "the ministry confirmed it by letter"}


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A request waits for alpha and beta, of whom the law is not sure."""
    room = uncertain("alpha", "beta")
    room.sourced(ASKED)
    with desk_over(room) as opened:
        yield opened


def the_review(desk: Desk) -> str:
    """Return the id of the first open review."""
    found = desk.get("/reviews?status=open", OPERATOR)["items"]
    return str(found[0]["review_id"])


def test_a_review_shows_what_an_operator_needs_to_decide(desk: Desk) -> None:
    """What was found, what would pass, where the rule comes from, and who waits."""
    view = desk.get(f"/reviews/{the_review(desk)}", OPERATOR)
    (waiting,) = desk.get("/requests")["items"]
    assert (view["country"], view["kind"], view["armed"]) == ("KH", "guards", False)
    assert view["requests_waiting"] == 1
    assert view["newest_waiting"] == [waiting["request_id"]]
    for finding in view["findings"]:
        assert finding["fact"]
        assert finding["wanted"]
        assert finding["source"]
        assert finding["stated_on"]
        assert finding["confidence"] == "medium"


def test_open_reviews_come_oldest_first_and_in_pages(desk: Desk) -> None:
    """Whoever works through the list meets everything once."""
    review_id = the_review(desk)
    page = desk.get("/reviews?limit=1", OPERATOR)
    assert [each["review_id"] for each in page["items"]] == [review_id]
    rest = desk.get(f"/reviews?limit=100&cursor={page['next_cursor']}", OPERATOR)
    assert review_id not in {each["review_id"] for each in rest["items"]}
    desk.post(f"/reviews/{review_id}/decision", CLEAR, OPERATOR)
    open_ones = desk.get("/reviews?status=open", OPERATOR)["items"]
    assert review_id not in {each["review_id"] for each in open_ones}
    assert [r["review_id"] for r in desk.get("/reviews?status=cleared", OPERATOR)["items"]] == [
        review_id
    ]


def test_a_decision_opens_the_way(desk: Desk) -> None:
    """The answer says how the review stands; the request is served by itself."""
    view = desk.post(f"/reviews/{the_review(desk)}/decision", CLEAR, OPERATOR)
    assert (view["status"], view["reason"]) == ("cleared", CLEAR["reason"])
    assert view["decided_by"] == "operator:cli_operator"
    assert view["decided_at"]
    desk.room.wait()
    assert len(desk.get("/offers", OPERATOR)["items"]) == 1


def test_a_decision_can_be_changed_but_not_repeated(desk: Desk) -> None:
    """409 names what is allowed."""
    path = f"/reviews/{the_review(desk)}/decision"
    desk.post(path, CLEAR, OPERATOR)
    again = desk.ask("POST", path, CLEAR, OPERATOR)
    assert again.status_code == 409
    assert again.json()["allowed"] == ["refused"]
    view = desk.post(path, {"decision": "refused", "reason": "it was forged"}, OPERATOR)
    assert view["status"] == "refused"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"decision": "open", "reason": "x"}, "decision"),
        ({"decision": "cleared", "reason": " "}, "reason"),
        ({"decision": "cleared"}, "reason"),
    ],
)
def test_a_decision_needs_an_answer_and_a_reason(
    desk: Desk, body: dict[str, str], field: str
) -> None:
    """Somebody will ask why."""
    answer = desk.ask("POST", f"/reviews/{the_review(desk)}/decision", body, OPERATOR)
    assert answer.status_code == 422
    assert field in problems(answer)


def test_a_review_that_is_not_there(desk: Desk) -> None:
    """404, for looking and for deciding."""
    assert desk.ask("GET", "/reviews/rev_none", caller=OPERATOR).status_code == 404
    assert desk.ask("POST", "/reviews/rev_none/decision", CLEAR, OPERATOR).status_code == 404


@pytest.mark.parametrize("path", ["/reviews", "/flags", "/rule-packs"])
def test_members_see_none_of_it(desk: Desk, path: str) -> None:
    """It tells of other members, and of who is in question."""
    assert desk.ask("GET", path).status_code == 403


def test_flags_name_who_no_longer_passes_and_on_the_request_too(desk: Desk) -> None:
    """The operator sees what was found, the enterprise what would do."""
    room = desk.room
    (waiting,) = desk.get("/requests")["items"]
    request = cleared(room, room.request(waiting["request_id"]))
    offer = room.the_offer(request)
    room.accept(offer)
    room.approve(request)
    name = offer.provider_id.removeprefix("org_")
    gone = provider_changed(name, home_country="KH", status=MemberStatus.SUSPENDED, version=2)
    room.hear_registry(gone)
    room.wait()
    (flag,) = desk.get("/flags?status=raised", OPERATOR)["items"]
    assert flag["provider_id"] == offer.provider_id
    assert flag["findings"][0]["fact"] == "suspended"
    (mine,) = desk.get(f"/requests/{request.request_id}")["flags"]
    assert (mine["flag_id"], mine["findings"][0]["rule"]) == (flag["flag_id"], "provider_active")
    assert {finding["fact"] for finding in mine["findings"]} == {None}
    assert desk.get("/flags?request_id=req_other", OPERATOR)["items"] == []


def test_which_rules_came_into_force_can_be_read(desk: Desk) -> None:
    """With what judging everything again has changed."""
    adopt(desk.room)
    (adopted,) = desk.get("/rule-packs", OPERATOR)["items"]
    assert adopted["rule_pack"] == desk.room.policy.pack.version
    assert adopted["finished_at"]
    assert adopted["requests_checked"] == 1
    cursor = desk.get("/rule-packs?limit=1", OPERATOR)["next_cursor"]
    assert desk.get(f"/rule-packs?cursor={cursor}", OPERATOR)["items"] == []
    foreign = desk.get("/reviews?limit=1", OPERATOR)["next_cursor"]
    answer = desk.ask("GET", f"/rule-packs?cursor={foreign}", caller=OPERATOR)
    assert answer.status_code == 422
