"""The journey, step by step, through the real thing, on SQLite and on PostgreSQL."""

import json
import threading
from collections.abc import Iterator

import httpx
import pytest

from muster.contracts.registry import CapabilityChanged
from muster.messaging.ports import OutboundMessage, Outcome
from muster.messaging.publisher import RabbitPublisher
from muster.messaging.shared_connection import RabbitConnection
from muster.messaging.topology import events_exchange
from tests.e2e.actors import (
    KAMPONG_CHAM,
    NEEDS,
    VIENTIANE,
    Json,
    a_request,
    decide,
    join,
    operator,
    publish,
    publish_all_kinds,
)
from tests.e2e.cast import (
    TRAVELLING,
    Cast,
    accept_until,
    all_kinds_are_offered,
    answer_all,
    confirm,
    finish,
    jobs,
    offers,
    status,
    would_be_offered,
)
from tests.e2e.conftest import System
from tests.e2e.processes import paused
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker]


@pytest.fixture(scope="module")
def cast(system: System) -> Iterator[Cast]:
    """Return an enterprise and two providers with the same capabilities, known to matching."""
    watch = operator(system.directory)
    enterprise = join(watch, system.directory, "enterprise", "mill", host="SG")
    provider = join(watch, system.directory, "provider", "shield")
    rival = join(watch, system.directory, "provider", "aegis")
    for each in (provider, rival):
        publish_all_kinds(each)
    eventually(lambda: all_kinds_are_offered(watch, enterprise), within_s=60)
    cast = Cast(watch, enterprise, provider, rival, system)
    yield cast
    for each in (watch, enterprise, provider, rival, *cast.guests):
        each.close()


def test_from_a_capability_to_a_finished_job(cast: Cast) -> None:
    """Submit, offer, accept, propose, approve, confirm, work, complete, close; people are told."""
    request = cast.enterprise.post("/v1/requests", a_request(starts_in_hours=3))
    accept_until(cast, request, "proposed")
    assert offers(cast.provider, request)[0]["principal"] is None

    approved = cast.enterprise.post(f"/v1/requests/{request['request_id']}/approve", {})
    assert approved["status"] == "confirmed"
    assert sum(a["quantity"] for a in approved["assignments"]) == 8
    eventually(lambda: jobs(cast.operator, request), within_s=30)
    worker = next(c for c in (cast.provider, cast.rival) if jobs(c, request))
    job = jobs(worker, request)[0]
    assert job["principal"]["name"] == "Visiting engineer"

    path = f"/v1/jobs/{job['job_id']}"
    worker.post(f"{path}/positions", {"position": {"latitude": 11.6, "longitude": 104.9}})
    worker.post(f"{path}/incidents", {"severity": "moderate", "summary": "road blocked"})
    finish(cast, request)

    eventually(lambda: status(cast.enterprise, request) == "closed", within_s=30)
    kinds = {entry["kind"] for entry in cast.enterprise.items(f"{path}/timeline?limit=100")}
    assert {"status", "position", "incident"} <= kinds
    mailbox = cast.mailbox_of.mailbox
    eventually(lambda: len(mailbox.to("ops@mill.example")) >= 3, within_s=30)
    eventually(lambda: mailbox.to("ops@shield.example") + mailbox.to("ops@aegis.example"))


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


@pytest.mark.parametrize("stage", ["sourcing", "proposed", "confirmed", "in_service"])
def test_cancelling_at_any_step_gives_everything_back(cast: Cast, stage: str) -> None:
    """All there is can be had again by the next request for the same time."""
    hours = {"sourcing": 100, "proposed": 120, "confirmed": 140, "in_service": 160}[stage]
    everything = [{**NEEDS[1], "quantity": 4}]
    request = cast.enterprise.post("/v1/requests", a_request(hours, needs=everything))
    eventually(lambda: offers(cast.operator, request, "sent"), within_s=30)
    if stage != "sourcing":
        accept_until(cast, request, "proposed")
    if stage in ("confirmed", "in_service"):
        cast.enterprise.post(f"/v1/requests/{request['request_id']}/approve", {})
    if stage == "in_service":
        eventually(lambda: len(jobs(cast.operator, request)) == 2, within_s=30)
        for client in (cast.provider, cast.rival):
            job = jobs(client, request)[0]
            for step in TRAVELLING[:-1]:
                client.post(f"/v1/jobs/{job['job_id']}/status", {"status": step})
        eventually(lambda: status(cast.enterprise, request) == "in_service", within_s=30)

    cast.enterprise.post(f"/v1/requests/{request['request_id']}/cancel", {"reason": "called off"})

    again = cast.enterprise.post("/v1/requests", a_request(hours, needs=everything))
    accept_until(cast, again, "proposed")
    if stage in ("confirmed", "in_service"):
        eventually(
            lambda: {job["status"] for job in jobs(cast.operator, request)} == {"cancelled"},
            within_s=30,
        )


def test_a_missed_check_in_is_noticed_and_told(cast: Cast) -> None:
    """Nobody checks in for ten seconds and a bit."""
    request = cast.enterprise.post(
        "/v1/requests",
        a_request(
            200,
            needs=[NEEDS[0]],
            terms={"auto_approve": True, "check_in_interval_seconds": 10},
        ),
    )
    accept_until(cast, request, "confirmed")
    job = eventually(lambda: jobs(cast.operator, request), within_s=30)[0]
    worker = next(c for c in (cast.provider, cast.rival) if jobs(c, request))
    for step in ("acknowledged", "mobilising"):
        worker.post(f"/v1/jobs/{job['job_id']}/status", {"status": step})

    eventually(
        lambda: cast.operator.get(f"/v1/jobs/{job['job_id']}")["missed_check_ins"] >= 1,
        within_s=40,
    )

    worker.post(f"/v1/jobs/{job['job_id']}/check-ins", {})
    assert cast.operator.get(f"/v1/jobs/{job['job_id']}")["missed_check_ins"] == 0


def test_the_live_stream_tells_an_enterprise_what_happens(cast: Cast) -> None:
    """Without polling; and nothing of anybody else's."""
    heard: list[Json] = []
    listening = threading.Event()

    def listen() -> None:
        with cast.enterprise.stream() as response:
            listening.set()
            for line in response.iter_lines():
                if line.startswith("data:"):
                    heard.append(json.loads(line.removeprefix("data:")))
                if any(e["event_type"] == "muster.matching.request.cancelled.v1" for e in heard):
                    return

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    assert listening.wait(10)

    request = cast.enterprise.post("/v1/requests", a_request(400, needs=[NEEDS[0]]))
    cast.enterprise.post(f"/v1/requests/{request['request_id']}/cancel", {"reason": "heard enough"})

    thread.join(20)
    assert not thread.is_alive()
    assert request["request_id"] in {entry["subject"] for entry in heard}


def test_a_closed_request_frees_its_capacity_for_the_same_time(cast: Cast) -> None:
    """What came back early can be booked again."""
    request = confirm(cast, 300)
    finish(cast, request)
    eventually(lambda: status(cast.enterprise, request) == "closed", within_s=30)

    again = cast.enterprise.post("/v1/requests", a_request(300))

    accept_until(cast, again, "proposed")


def test_strangers_see_nothing(cast: Cast) -> None:
    """Another member's request, offer or job does not exist, as far as they can tell."""
    request = cast.enterprise.post("/v1/requests", a_request(500, needs=[NEEDS[1]]))
    offer = eventually(lambda: offers(cast.operator, request, "sent"), within_s=30)[0]
    asked, stranger = cast.provider, cast.rival
    if offer["provider_id"] == cast.rival.organisation_id:
        asked, stranger = stranger, asked

    asked.get(f"/v1/offers/{offer['offer_id']}")
    stranger.get(f"/v1/offers/{offer['offer_id']}", status=404)
    stranger.post(f"/v1/offers/{offer['offer_id']}/accept", {}, status=404)
    cast.provider.get(f"/v1/requests/{request['request_id']}", status=403)


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


def test_a_suspension_after_confirmation_flags_the_job(cast: Cast) -> None:
    """The job goes on: a person decides. When the member is active again, the flag goes."""
    request = confirm(cast, 700)
    job = jobs(cast.operator, request)[0]
    path = f"/v1/jobs/{job['job_id']}"
    standing = f"/v1/organisations/{job['provider_id']}/status"
    assert job["flags"] == []

    cast.operator.post(standing, {"status": "suspended", "reason": "a complaint"})
    (flag,) = eventually(lambda: cast.operator.get(path)["flags"], within_s=30)
    assert flag["rule"] == "provider_active"
    assert cast.enterprise.get(path)["flags"] == [{**flag, "fact": None}]
    assert cast.operator.get(path)["status"] == "committed"
    assert status(cast.enterprise, request) == "confirmed"

    cast.operator.post(standing, {"status": "active", "reason": "unfounded"})
    eventually(lambda: cast.operator.get(path)["flags"] == [], within_s=30)
    finish(cast, request)
    eventually(lambda: status(cast.enterprise, request) == "closed", within_s=30)


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


def test_a_message_nobody_can_read_is_kept_with_its_reason_and_counted(cast: Cast) -> None:
    """It ends in the dead-letter queue, its neighbours go on, and operators can see the count."""
    run = json.loads((cast.mailbox_of.directory / "run.json").read_text())
    rubbish = OutboundMessage(
        exchange=events_exchange("registry"),
        routing_key=CapabilityChanged.routing_key(),
        message_id="evt_rubbish",
        type=CapabilityChanged.event_type,
        body=b"{rubbish",
    )
    publisher = RabbitPublisher(run["amqp_url"])
    assert publisher.publish([rubbish]) == [Outcome.CONFIRMED]
    publisher.close()

    connection = RabbitConnection(run["amqp_url"])
    dead_letters = connection.subscriber("matching.registry.dlq", 10)
    (letter,) = eventually(lambda: dead_letters.poll(10), within_s=30)
    assert letter.message_id == "evt_rubbish"
    assert "not a valid event" in str(letter.headers["x-reason"])
    dead_letters.release([letter])
    connection.close()
    worker = next(p["metrics"] for p in run["processes"] if p["name"] == "worker")
    counted = 'outcome="dead_lettered",service="matching",subscription="registry"} 1.0'
    assert counted in httpx.get(worker, timeout=10).text
