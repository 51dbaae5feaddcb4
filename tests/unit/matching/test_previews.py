"""Trying a request before it is made, over HTTP, and reading the rules."""

from collections.abc import Iterator

import pytest

from tests.unit.matching.builders import (
    ENTERPRISE,
    OPERATOR,
    PENANG,
    Room,
    capability_changed,
    enterprise_changed,
    organisation,
    provider,
    provider_changed,
)
from tests.unit.matching.desk import Desk, a_body, desk_over, problems

GUARDS_WHO_INTERROGATE = {"kind": "guards", "skills": ["interrogation"]}


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Alpha in Kuala Lumpur and Beta in Penang, ten guards each."""
    room = Room(
        provider_changed("alpha"),
        provider_changed("beta"),
        capability_changed("alpha"),
        capability_changed("beta", base=PENANG),
    )
    with desk_over(room) as opened:
        yield opened


def drafted(quantity: int, **changes: object) -> dict[str, object]:
    """Return a draft for so many guards."""
    required = {"kind": "guards", "languages": ["en"]}
    return a_body(needs=[{"quantity": quantity, "required": required}], **changes)


def test_a_preview_shows_what_submitting_would_bring_about(desk: Desk) -> None:
    """Who would be asked for how much, and every candidate with its verdicts."""
    seen = desk.post("/match-previews", drafted(12, enterprise_id="org_mine"), OPERATOR)
    request = desk.submitted(drafted(12))

    assert seen["fate"] == "filled"
    assert [(s["need_id"], s["provider"], s["quantity"]) for s in seen["allocation"]] == [
        ("ned_1", "org_alpha", 10),
        ("ned_1", "org_beta", 2),
    ]
    path = f"/requests/{request['request_id']}/explanation"
    (made,) = desk.get(path, OPERATOR)["rounds"]
    told = seen["explanation"]
    assert told["needs"][0]["considered"] == made["needs"][0]["considered"]
    assert (told["rule_pack"], told["weights"]) == (made["rule_pack"], made["weights"])


def test_a_preview_leaves_no_trace(desk: Desk) -> None:
    """Nothing is held, asked, said or kept, and a key for repetition means nothing to it."""
    before = len(desk.room.said())
    key = {"Idempotency-Key": "again"}
    first = desk.ask("POST", "/match-previews", drafted(4), headers=key)
    other = desk.ask("POST", "/match-previews", drafted(40), headers=key)

    assert (first.json()["fate"], other.json()["fate"]) == ("filled", "unfilled")
    assert desk.room.taken() == 0
    assert len(desk.room.said()) == before
    assert desk.get("/requests")["items"] == []


def test_an_enterprise_sees_no_member_behind_a_preview(desk: Desk) -> None:
    """The same aliases in the allocation and in the explanation, without facts or scores."""
    answer = desk.ask("POST", "/match-previews", drafted(12))

    assert not {"alpha", "beta", "Alpha", "Beta"} & set(answer.text.replace('"', " ").split())
    seen = answer.json()
    assert [share["provider"] for share in seen["allocation"]] == ["member 1", "member 2"]
    considered = seen["explanation"]["needs"][0]["considered"]
    assert {each["provider"] for each in considered} == {"member 1", "member 2"}
    assert all(each["score"] is None and each["arrives_at"] is None for each in considered)
    assert not any(verdict["fact"] for each in considered for verdict in each["verdicts"])
    law = next(v for v in considered[0]["verdicts"] if v["rule"] == "alliance.licence")
    assert law["ruling"] == "passed"
    assert law["wanted"]


def test_a_preview_tells_what_would_stand_in_the_way(desk: Desk) -> None:
    """Too many are asked for: what is missing, and why."""
    seen = desk.post("/match-previews", drafted(40))

    assert (seen["fate"], seen["allocation"]) == ("unfilled", [])
    (short,) = seen["shortfalls"]
    assert (short["missing"], short["reasons"]) == (20, {"capacity": 2})


def test_a_preview_sees_what_has_just_changed(desk: Desk) -> None:
    """The index behind it is brought up to date each time."""
    assert desk.post("/match-previews", drafted(12))["fate"] == "filled"
    desk.room.hear_registry(capability_changed("beta", base=PENANG, capacity=1, version=2))
    assert desk.post("/match-previews", drafted(12))["fate"] == "unfilled"
    desk.room.hear_registry(
        provider_changed("gamma"), capability_changed("gamma", base=PENANG, capacity=1)
    )
    assert desk.post("/match-previews", drafted(12))["fate"] == "filled"
    desk.room.hear_registry(enterprise_changed(conflicts=[organisation("gamma")], version=2))
    assert desk.post("/match-previews", drafted(12))["fate"] == "unfilled"


def test_an_enterprise_previews_for_itself_only(desk: Desk) -> None:
    """Another's id is unknown to it; an operator has to name one."""
    assert desk.post("/match-previews", drafted(1, enterprise_id="org_mine"))["fate"] == "filled"
    stranger = desk.ask("POST", "/match-previews", drafted(1, enterprise_id="org_stranger"))
    assert stranger.status_code == 404
    nobody = desk.ask("POST", "/match-previews", drafted(1), OPERATOR)
    assert (nobody.status_code, problems(nobody)) == (422, {"enterprise_id": "is missing"})
    assert desk.ask("POST", "/match-previews", drafted(1), provider("alpha")).status_code == 403


def test_a_task_of_state_power_is_refused_with_the_reason(desk: Desk) -> None:
    """At submission, and in a preview of it; the field is named."""
    for path in ("/requests", "/match-previews"):
        refused = desk.ask("POST", path, a_body(tasks=["close_protection", "interrogation"]))
        assert refused.status_code == 422
        assert set(problems(refused)) == {"tasks"}
        assert "interrogation" in problems(refused)["tasks"]


@pytest.mark.parametrize("part", ["required", "preferred"])
def test_a_skill_of_state_power_is_refused_too(desk: Desk, part: str) -> None:
    """By whatever door it comes in."""
    need = {"quantity": 1, "required": {"kind": "guards"}, part: GUARDS_WHO_INTERROGATE}
    refused = desk.ask("POST", "/requests", a_body(needs=[need]))
    assert set(problems(refused)) == {f"needs.0.{part}.skills"}


def test_arms_are_required_or_not_wanted(desk: Desk) -> None:
    """Preferred arms would come under the law of unarmed work."""
    wish = {"kind": "guards", "armed": True}
    need = {"quantity": 1, "required": {"kind": "guards"}, "preferred": wish}
    refused = desk.ask("POST", "/requests", a_body(needs=[need]))
    assert set(problems(refused)) == {"needs.0"}


def test_what_the_host_state_answered_was_answered_before(desk: Desk) -> None:
    """A record that is yet to be made records nothing."""
    record = {"asked": "police", "answer": "no", "established_at": "2026-03-03T08:00:00Z"}
    refused = desk.ask("POST", "/requests", a_body(host_state_protection=record))
    assert set(problems(refused)) == {"host_state_protection.established_at"}


def test_instructions_that_ask_for_state_power_are_refused(desk: Desk) -> None:
    """Whatever the tasks are called."""
    principal = {"name": "Ms Sok", "instructions": "Arrest the man who follows her."}
    refused = desk.ask("POST", "/requests", a_body(principal=principal))
    assert set(problems(refused)) == {"principal.instructions"}


def test_a_request_repeats_its_tasks_terms_and_record_of_protection(desk: Desk) -> None:
    """As it was told."""
    record = {
        "asked": "Royal Malaysia Police, Kuala Lumpur",
        "answer": "No officers can be spared before April.",
        "established_at": "2026-03-01T09:00:00Z",
    }
    terms = {
        "minimum_icoca_class": "member",
        "liability_cover": {"minor_units": 100_000_000, "currency": "USD"},
        "designated_key_unit": True,
    }
    view = desk.post(
        "/requests", a_body(tasks=["escort"], terms=terms, host_state_protection=record)
    )
    assert view["tasks"] == ["escort"]
    assert view["host_state_protection"] == record
    assert terms.items() <= view["terms"].items()


@pytest.mark.parametrize("caller", [ENTERPRISE, OPERATOR, provider("alpha")], ids=lambda c: c.role)
def test_every_member_may_read_the_rules_in_force(desk: Desk, caller: object) -> None:
    """Each with its source, date and confidence."""
    rules = desk.get("/rule-packs/current", caller)  # type: ignore[arg-type]
    assert rules["version"] == desk.room.policy.pack.version
    licence = next(rule for rule in rules["rules"] if rule["rule"] == "my.licence")
    assert (licence["jurisdiction"], licence["confidence"]) == ("MY", "high")
    assert licence["source"]
    assert licence["stated_on"] >= "2026-01-01"
