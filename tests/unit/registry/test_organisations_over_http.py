"""Organisations and their papers, as a client of the API meets them."""

import pytest

from muster.contracts.vocabulary.statuses import MemberStatus
from tests.unit.registry.bodies import application, licence
from tests.unit.registry.http import Edge


def test_anybody_may_apply_and_an_operator_makes_a_member() -> None:
    """From application to active, with a verified licence."""
    edge = Edge()
    applied = edge.call("POST", "/v1/organisations", json=application())
    assert applied.status == 201
    assert applied.body["status"] == "applied"
    assert applied.body["version"] == 1
    address = f"/v1/organisations/{applied.body['organisation_id']}"
    for step in ("vetting", "active"):
        moved = edge.operator(
            "POST", f"{address}/status", json={"status": step, "reason": "papers seen"}
        )
        assert (moved.status, moved.body["status"]) == (200, step)
    recorded = edge.operator("POST", f"{address}/authorisations", json=licence())
    assert (recorded.status, recorded.body["status"]) == (201, "recorded")
    verified = edge.operator(
        "POST",
        f"{address}/authorisations/{recorded.body['authorisation_id']}/status",
        json={"status": "verified", "reason": "register checked"},
    )
    assert (verified.status, verified.body["status"]) == (200, "verified")
    shown = edge.operator("GET", address)
    assert shown.body["authorisations"] == [verified.body]
    listed = edge.operator("GET", f"{address}/authorisations")
    assert listed.body == {"items": [verified.body], "next_cursor": None}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("home_country", "XX"),
        ("home_country", "kh"),
        ("roles", []),
        ("roles", ["operator"]),
        ("operations_email", "nobody"),
        ("name", "  "),
        ("name", "x" * 201),
        ("name", "nul\x00"),
    ],
)
def test_an_application_with_a_wrong_field_is_refused_by_name(field: str, value: object) -> None:
    """An unknown country, an operator by application, an address that is none."""
    answer = Edge().call("POST", "/v1/organisations", json=application(**{field: value}))
    assert answer.status == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert any(name.startswith(field) for name in answer.fields)


def test_an_unknown_field_is_refused_by_name() -> None:
    """Nobody slips in a status of their own."""
    answer = Edge().call("POST", "/v1/organisations", json=application(status="active"))
    assert answer.status == 422
    assert "status" in answer.fields


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        (
            {"valid": {"starts_at": "2027-01-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"}},
            "valid",
        ),
        (
            {"valid": {"starts_at": "2024-01-01T00:00:00Z", "ends_at": "2025-01-01T00:00:00Z"}},
            "valid.ends_at",
        ),
        (
            {"valid": {"starts_at": "2026-01-01T00:00:00", "ends_at": "2027-01-01T00:00:00"}},
            "valid",
        ),
        ({"jurisdiction": "ZZ"}, "jurisdiction"),
        ({"jurisdiction": None}, "jurisdiction"),
        ({"activities": []}, "activities"),
        ({"activities": ["assassination"]}, "activities"),
        ({"kind": "certificate"}, "standard"),
        ({"kind": "icoca"}, "icoca_class"),
        ({"kind": "insurance_policy"}, "limit"),
        ({"kind": "joint_venture", "jurisdiction": None}, "jurisdiction"),
        ({"kind": "joint_venture", "reference": " "}, "reference"),
        ({"lines": ["firearms"]}, "lines"),
        ({"status": "verified"}, "status"),
    ],
)
def test_a_paper_that_cannot_be_is_refused_by_field(changes: dict[str, object], field: str) -> None:
    """A licence that ended before it began, that is over, or that lacks what its kind needs."""
    edge = Edge()
    member = edge.registry.member()
    address = f"/v1/organisations/{member.organisation_id}/authorisations"
    answer = edge.provider(member, "POST", address, json=licence(**changes))
    assert answer.status == 422
    assert any(name.startswith(field) for name in answer.fields)


def test_a_step_the_lifecycle_does_not_have_answers_409_with_those_it_has() -> None:
    """The client learns where it stands and what is allowed."""
    edge = Edge()
    applicant = edge.registry.applicant()
    answer = edge.operator(
        "POST",
        f"/v1/organisations/{applicant.organisation_id}/status",
        json={"status": "active", "reason": "in a hurry"},
    )
    assert answer.status == 409
    assert answer.body["current"] == "applied"
    assert answer.body["allowed"] == ["vetting", "withdrawn"]


def test_only_operators_verify_and_nobody_says_expired() -> None:
    """A member records its papers; time alone lets them expire."""
    edge = Edge()
    member = edge.registry.member()
    recorded = edge.registry.recorded(member)
    address = (
        f"/v1/organisations/{member.organisation_id}/authorisations/"
        f"{recorded.authorisation_id}/status"
    )
    body = {"status": "verified", "reason": "trust me"}
    assert edge.provider(member, "POST", address, json=body).status == 403
    expired = edge.operator("POST", address, json={"status": "expired", "reason": "old"})
    assert expired.status == 422
    assert "status" in expired.fields


def test_a_stranger_sees_no_organisation_but_its_own() -> None:
    """Another's id answers 404, and lists do not show it."""
    edge = Edge()
    member, stranger = edge.registry.member(), edge.registry.member(name="Mekong Escort")
    address = f"/v1/organisations/{member.organisation_id}"
    assert edge.provider(stranger, "GET", address).status == 404
    assert edge.provider(stranger, "GET", f"{address}/authorisations").status == 404
    assert (
        edge.provider(stranger, "POST", f"{address}/authorisations", json=licence()).status == 404
    )
    withdraw = {"status": "withdrawn", "reason": "sabotage"}
    assert edge.provider(stranger, "POST", f"{address}/status", json=withdraw).status == 404
    listed = edge.provider(stranger, "GET", "/v1/organisations")
    assert [each["name"] for each in listed.body["items"]] == ["Mekong Escort"]
    assert edge.operator("GET", "/v1/organisations/org_0").status == 404


def test_a_member_withdraws_itself_but_does_not_suspend_itself() -> None:
    """Standing is the operators' to give."""
    edge = Edge()
    member = edge.registry.member()
    address = f"/v1/organisations/{member.organisation_id}/status"
    suspend = {"status": MemberStatus.SUSPENDED, "reason": "holidays"}
    assert edge.provider(member, "POST", address, json=suspend).status == 403
    withdraw = {"status": MemberStatus.WITHDRAWN, "reason": "closing down"}
    assert edge.provider(member, "POST", address, json=withdraw).body["status"] == "withdrawn"


def test_an_operator_reads_the_organisations_page_by_page() -> None:
    """Each is seen once, in the order of their ids."""
    edge = Edge()
    names = [f"Member {number}" for number in range(5)]
    for name in names:
        edge.registry.applicant(name=name)
    seen: list[str] = []
    cursor = None
    while True:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = edge.operator("GET", "/v1/organisations", params=query)
        seen += [each["name"] for each in page.body["items"]]
        cursor = page.body["next_cursor"]
        if cursor is None:
            break
    assert seen == names


def test_an_application_sent_twice_under_one_key_is_one_application() -> None:
    """A client that got no answer may simply try again."""
    edge = Edge()
    key = {"Idempotency-Key": "f0b1"}
    first, again = (
        edge.call("POST", "/v1/organisations", json=application(), headers=key) for _ in range(2)
    )
    assert first.body == again.body
    assert len(edge.operator("GET", "/v1/organisations").body["items"]) == 1
