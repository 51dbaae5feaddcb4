"""Who learns what, and when: place and time with the offer, the principal only by commitment."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from muster.access import Caller
from services.matching.tables import requests
from services.notify.tables import notifications
from tests.contract.application import Application, application
from tests.contract.world import OPERATOR, PRICE, SECRETS, World, asked, found

TELLTALE = "Ms Sok is not travelling after all"


@pytest.fixture
def muster() -> Iterator[Application]:
    """An application."""
    with application() as opened:
        yield opened


@pytest.fixture
def world(muster: Application) -> World:
    """Its members, and a second request with an offer that nobody has answered."""
    return found(muster)


def everything_told(muster: Application, caller: Caller) -> str:
    """Return all that a client can read, be mailed, and be posted, as one text."""
    paths = ["offers", "jobs", "incidents", "notifications", "webhooks", "organisations"]
    paths += ["capabilities"] if caller.role == "provider" else ["requests"]
    texts = [muster.ask(caller, "GET", f"/v1/{path}").text for path in paths]
    texts += [json.dumps(event) for event in stream_of(muster, caller)]
    with muster.stores["notify"].read() as connection:
        mine = notifications.c.audience == caller.organisation_id
        rows = connection.execute(select(notifications).where(mine)).all()
    return "\n".join([*texts, *(f"{row.title}\n{row.body}" for row in rows)])


def stream_of(muster: Application, caller: Caller) -> list[Any]:
    """Return all events of a client's stream, from the first on."""
    text = muster.ask(caller, "GET", "/v1/stream", headers={"Last-Event-ID": "0"}).text
    lines = [line for line in text.splitlines() if line.startswith("data: ")]
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def about(muster: Application, caller: Caller, offer_id: str) -> list[Any]:
    """Return the events of one offer in a client's stream."""
    return [told["event"] for told in stream_of(muster, caller) if told["subject"] == offer_id]


@pytest.fixture
def newcomer(muster: Application) -> World:
    """A world in which everything is asked and offered, and nothing is confirmed."""
    return found(muster, until="published")


@pytest.mark.parametrize("answer", [None, "accept", "decline", "counter"])
def test_a_provider_learns_no_principal_before_commitment(
    muster: Application, newcomer: World, answer: str | None
) -> None:
    """By no answer, event, e-mail, webhook or stream, whatever it says to the offer."""
    _, offer_id = asked(muster, newcomer)
    bodies = {"decline": {"reason": "busy"}, "counter": {"price": PRICE, "reason": "fuel"}}
    if answer:
        path = f"/v1/offers/{offer_id}/{answer}"
        muster.do(newcomer.provider, "POST", path, bodies.get(answer, {}))
    told = everything_told(muster, newcomer.provider)
    assert offer_id in told
    for secret in (*SECRETS, str(newcomer.enterprise.organisation_id), "Harbour Trading"):
        assert secret not in told


def test_it_learns_the_principal_by_commitment(muster: Application, world: World) -> None:
    """In the offer and the job; and who asked, in its events."""
    told = everything_told(muster, world.provider)
    assert all(secret in told for secret in SECRETS)
    committed = about(muster, world.provider, world.ids["offer_id"])[-1]
    assert committed["status"] == "committed"
    assert committed["enterprise_id"] == world.enterprise.organisation_id


def test_both_sides_see_the_same_offer_but_for_who_asks(
    muster: Application, newcomer: World
) -> None:
    """The enterprise and operators see the whole event."""
    _, offer_id = asked(muster, newcomer)
    (hidden,) = about(muster, newcomer.provider, offer_id)
    for caller in (newcomer.enterprise, OPERATOR):
        (whole,) = about(muster, caller, offer_id)
        assert whole == {**hidden, "enterprise_id": newcomer.enterprise.organisation_id}


def test_why_a_request_is_cancelled_is_not_for_those_who_only_had_an_offer(
    muster: Application, newcomer: World
) -> None:
    """The reason is in the enterprise's own words, and may name anybody."""
    request_id, offer_id = asked(muster, newcomer)
    path = f"/v1/requests/{request_id}/cancel"
    muster.do(newcomer.enterprise, "POST", path, {"reason": TELLTALE})
    told = everything_told(muster, newcomer.provider)
    assert TELLTALE not in told
    assert about(muster, newcomer.provider, offer_id)[-1]["reason"] == "the request was cancelled"
    assert TELLTALE in everything_told(muster, newcomer.enterprise)


def test_an_explanation_holds_nothing_of_other_members_affairs(
    muster: Application, world: World
) -> None:
    """Neither who they are nor what they have; only which rules they failed."""
    path = f"/v1/requests/{world.ids['request_id']}/explanation"
    seen = muster.ask(world.enterprise, "GET", path).text
    whole = muster.ask(OPERATOR, "GET", path).text
    stranger = str(world.other_provider.organisation_id)
    assert stranger in whole
    assert "attributes" in seen
    for confidential in (stranger, "Elsewhere"):
        assert confidential not in seen
    considered = json.loads(seen)["rounds"][0]["needs"][0]["considered"]
    verdicts = [verdict for candidate in considered for verdict in candidate["verdicts"]]
    assert {"failed", "passed"} <= {verdict["ruling"] for verdict in verdicts}
    assert all(verdict["fact"] == "" for verdict in verdicts)
    assert all(v["wanted"] == "" for v in verdicts if v["rule"] == "coverage_radius")


def test_a_failure_of_the_database_does_not_tell_what_was_to_be_kept(
    muster: Application, world: World
) -> None:
    """Its words go into logs and dead letters."""
    with muster.stores["matching"].engine.begin() as connection:
        row = connection.execute(select(requests)).mappings().first()
        assert row is not None
        assert SECRETS[0] in row["document"]
        with pytest.raises(IntegrityError) as failure:
            connection.execute(insert(requests), dict(row))
    assert "parameters hidden" in str(failure.value)
    assert SECRETS[0] not in str(failure.value)


def test_logs_hold_no_secret_no_token_and_no_principal(
    muster: Application, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever happens, down to the finest level of our own."""
    caplog.set_level(logging.DEBUG, "muster")
    caplog.set_level(logging.DEBUG, "services")
    caplog.set_level(logging.INFO, "sqlalchemy")  # every statement
    world = found(muster)
    token = muster.token(world.provider)["Authorization"]
    logged = "\n".join(str(vars(record)) for record in caplog.records)
    assert "request" in logged
    for secret in (*SECRETS, token, "mst_", "whsec_", "Bearer"):
        assert secret not in logged
