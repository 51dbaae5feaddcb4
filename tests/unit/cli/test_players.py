"""The people at the desks: what they do with what they hear, once and only once."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from muster.cli.world.client import Api, Session
from muster.cli.world.crew import Crew
from muster.cli.world.enrolment import Member
from muster.cli.world.enterprises import Enterprise
from muster.cli.world.fieldwork import next_step
from muster.cli.world.habits import BUSINESSLIKE, Answer, Habits
from muster.cli.world.ledger import Ledger
from muster.cli.world.plans import MemberPlan
from muster.cli.world.providers import Provider
from muster.contracts.dispatch import JobOpened
from muster.contracts.matching import OfferCountered, OfferSent, RequestProposed
from muster.contracts.vocabulary.statuses import RequestStatus
from tests.unit.cli.served import Answer as HttpAnswer
from tests.unit.cli.served import served

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PLACE = {"country": "KH", "position": {"latitude": 11.5, "longitude": 104.9}, "name": ""}
PRICE = {"amount": {"minor_units": 1000, "currency": "USD"}, "per": "hour"}
STEPS = [
    "acknowledged",
    "mobilising",
    "en_route",
    "on_scene",
    "in_service",
    "released",
    "completed",
]

Desk = Provider | Enterprise


@dataclass
class Muster:
    """A stand-in for the API: answers by path, and keeps what was sent."""

    answers: dict[str, Any] = field(default_factory=dict)
    sent: list[tuple[str, Any]] = field(default_factory=list)

    async def take(self, path: str, _: dict[str, str], body: bytes) -> HttpAnswer:
        """Answer one call; a path without an answer of its own gets an empty page."""
        if path == "/oauth/token":
            return 200, orjson.dumps({"access_token": "t", "expires_in": 900})
        self.sent.append((path, orjson.loads(body) if body else None))
        answer = self.answers.get(path, {"items": [], "next_cursor": None})
        if callable(answer):
            answer = answer(self.sent[-1][1])
        status, told = answer if isinstance(answer, tuple) else (200, answer)
        return status, orjson.dumps(told)

    def paths(self) -> list[str]:
        """Return what was called."""
        return [path for path, _ in self.sent]


def entry(kind: str, **event: object) -> Any:
    """Return an entry of the live stream."""
    return {"event_type": kind, "occurred_at": NOW.isoformat(), "event": event}


def offer_sent(urgency: str = "planned") -> Any:
    """Return news of an offer."""
    told = {"offer_id": "off_1", "request_id": "req_1", "urgency": urgency, "price": PRICE}
    return entry(OfferSent.event_type, **told)


def job(status: str, remote: bool = False) -> dict[str, Any]:
    """Return a job as the API shows it."""
    return {
        "job_id": "job_1",
        "request_id": "req_1",
        "provider_id": "org_1",
        "status": status,
        "remote": remote,
        "place": PLACE,
        "next_check_in_due_at": None,
    }


def play(
    muster: Muster,
    desk: Callable[[Member, Habits, Ledger, Crew, random.Random], Desk],
    act: Callable[[Any], Awaitable[None]],
    habits: Habits = BUSINESSLIKE,
) -> Ledger:
    """Let one desk act until all it began has ended; return what it wrote down."""
    ledger = Ledger()

    async def run() -> None:
        async with served(muster.take) as url, Api(url, patience_s=2) as api:
            plan = MemberPlan(1, "provider", "KH", {}, capabilities=({"base": PLACE},))
            member = Member(plan, "org_1", Session(api, "cli_1", "s"), ("cap_1",))
            crew = Crew(ledger)
            await act(desk(member, habits, ledger, crew, random.Random(1)))
            await crew.finish()

    asyncio.run(run())
    return ledger


def hearing(*entries: Any) -> Callable[[Desk], Awaitable[None]]:
    """Return an act: to hear these entries."""

    async def act(desk: Desk) -> None:
        for told in entries:
            desk.hear(told)

    return act


@pytest.mark.parametrize(
    ("habits", "answer"),
    [
        (replace(BUSINESSLIKE, declines=0.0), Answer.ACCEPT),
        (replace(BUSINESSLIKE, declines=1.0), Answer.DECLINE),
        (replace(BUSINESSLIKE, declines=0.0, counters=1.0), Answer.COUNTER),
    ],
)
def test_an_offer_is_answered_once_however_often_it_is_heard_of(
    habits: Habits, answer: Answer
) -> None:
    """The stream may repeat itself, and a sweep finds the offer again."""
    muster = Muster()
    ledger = play(muster, Provider, hearing(offer_sent(), offer_sent()), habits)
    assert muster.paths() == [f"/v1/offers/off_1/{answer}"]
    assert ledger.offers == {answer.value: 1}
    assert ledger.first_offers == {"req_1": NOW}


def test_a_counter_names_a_higher_price() -> None:
    """Ten percent more, in the same currency and unit."""
    muster = Muster()
    habits = replace(BUSINESSLIKE, declines=0.0, counters=1.0)
    play(muster, Provider, hearing(offer_sent()), habits)
    ((_, body),) = muster.sent
    assert body["price"] == {"amount": {"minor_units": 1100, "currency": "USD"}, "per": "hour"}


def test_silence_meets_emergencies_only() -> None:
    """Only there is the deadline short enough to wait for."""
    habits = replace(BUSINESSLIKE, ignores_emergencies=1.0, declines=0.0)
    muster = Muster()
    ledger = play(muster, Provider, hearing(offer_sent("emergency")), habits)
    assert muster.paths() == []
    assert ledger.offers == {"silence": 1}
    assert habits.answer("urgent", random.Random(1)) is Answer.ACCEPT


def test_an_answer_that_comes_too_late_is_no_error() -> None:
    """The offer was withdrawn, or expired, while the provider was thinking."""
    muster = Muster({"/v1/offers/off_1/accept": (409, {"detail": "expired"})})
    ledger = play(muster, Provider, hearing(offer_sent()), replace(BUSINESSLIKE, declines=0.0))
    assert ledger.offers == {"too_late": 1}
    assert ledger.error_count == 0


def test_an_unexpected_refusal_is_an_error_with_a_sample() -> None:
    """What should not have happened is written down, never swallowed."""
    muster = Muster({"/v1/offers/off_1/accept": (422, {"detail": "odd"})})
    ledger = play(muster, Provider, hearing(offer_sent()), replace(BUSINESSLIKE, declines=0.0))
    assert ledger.error_count == 1
    assert "422: odd" in ledger.error_samples[0]


def test_what_the_stream_kept_back_is_found_by_catching_up() -> None:
    """Nothing depends on the stream alone."""
    offer = {**offer_sent()["event"], "status": "sent"}
    muster = Muster({"/v1/offers": {"items": [offer], "next_cursor": None}})
    habits = replace(BUSINESSLIKE, declines=0.0)
    play(muster, Provider, lambda provider: provider.catch_up(), habits)
    assert muster.paths() == ["/v1/offers", "/v1/jobs", "/v1/offers/off_1/accept"]


def test_a_job_is_driven_to_its_end_step_by_step() -> None:
    """Each step once, in order, whatever the stream repeats."""
    muster = Muster(
        {"/v1/jobs/job_1": job("committed"), "/v1/jobs/job_1/status": lambda b: job(b["status"])}
    )
    opened = entry(JobOpened.event_type, job_id="job_1")
    ledger = play(muster, Provider, hearing(opened, opened))
    steps = [body["status"] for path, body in muster.sent if path.endswith("/status")]
    assert steps == STEPS
    assert ledger.jobs == {"opened": 1, "completed": 1}
    assert ("req_1", "org_1") in ledger.jobs_ended


def test_a_job_that_was_cancelled_meanwhile_ends_without_an_error() -> None:
    """The team learns of it from the refusal."""
    shown = iter([job("committed"), job("cancelled")])
    muster = Muster(
        {
            "/v1/jobs/job_1": lambda _: next(shown),
            "/v1/jobs/job_1/status": (409, {"detail": "cancelled"}),
        }
    )
    ledger = play(muster, Provider, hearing(entry(JobOpened.event_type, job_id="job_1")))
    assert ledger.jobs == {"opened": 1, "cancelled": 1}
    assert ledger.error_count == 0


def test_desk_work_skips_the_journey() -> None:
    """Nobody travels for a policy or a report."""
    steps, status = [], "committed"
    while (step := next_step(job(status, remote=True))) is not None:
        steps.append(status := step)
    assert steps == ["acknowledged", "in_service", "released", "completed"]


def submitting(plan: Any, *news: Any, early: bool = False) -> Callable[[Any], Awaitable[None]]:
    """Return an act: to submit, and to hear this news before or after the answer."""

    async def act(enterprise: Enterprise) -> None:
        if early:
            await hearing(*news)(enterprise)
        await enterprise.submit(plan)
        if not early:
            await hearing(*news)(enterprise)

    return act


@dataclass(frozen=True)
class Plan:
    """A request to submit."""

    number: int = 1
    enterprise: int = 0
    cancel_after_seconds: float | None = None

    def body_at(self, _: datetime) -> dict[str, object]:
        """Return a body; what is in it is the server's affair."""
        return {"reference": "r"}


def accepted(auto_approve: bool) -> dict[str, Any]:
    """Return the answer to a submission."""
    return {
        "request_id": "req_1",
        "status": "submitted",
        "submitted_at": NOW.isoformat(),
        "terms": {"auto_approve": auto_approve},
    }


def proposed() -> Any:
    """Return news of a proposal."""
    return entry(RequestProposed.event_type, request_id="req_1", status="proposed")


@pytest.mark.parametrize("early", [False, True])
def test_a_proposal_is_approved_once_even_if_it_is_heard_of_before_the_answer(early: bool) -> None:
    """The live stream may be quicker than the answer to the submission."""
    muster = Muster({"/v1/requests": (201, accepted(auto_approve=False))})
    act = submitting(Plan(), proposed(), proposed(), early=early)
    ledger = play(muster, Enterprise, act)
    assert muster.paths() == ["/v1/requests", "/v1/requests/req_1/approve"]
    assert ledger.requests["req_1"].status is RequestStatus.PROPOSED


def test_a_proposal_that_approves_itself_is_left_alone() -> None:
    """The enterprise asked for that."""
    muster = Muster({"/v1/requests": (201, accepted(auto_approve=True))})
    play(muster, Enterprise, submitting(Plan(), proposed()))
    assert muster.paths() == ["/v1/requests"]


def test_a_request_is_cancelled_when_its_plan_says_so() -> None:
    """And the moment is remembered from before the call, never later than the release."""
    muster = Muster({"/v1/requests": (201, accepted(auto_approve=True))})
    ledger = play(muster, Enterprise, submitting(Plan(cancel_after_seconds=0.0)))
    assert muster.paths() == ["/v1/requests", "/v1/requests/req_1/cancel"]
    assert ledger.requests["req_1"].cancelled_at is not None


def test_a_counter_is_accepted_or_declined_once() -> None:
    """The enterprise answers by the same calls as a provider."""
    muster = Muster()
    countered = entry(OfferCountered.event_type, offer_id="off_1")
    play(muster, Enterprise, hearing(countered, countered))
    (path,) = muster.paths()
    assert path in ("/v1/offers/off_1/accept", "/v1/offers/off_1/decline")


def test_members_whose_desks_are_not_played_are_not_asked() -> None:
    """Their offers would wait for nobody."""
    muster = Muster({"/v1/requests": (201, accepted(auto_approve=True))})

    async def act(enterprise: Enterprise) -> None:
        enterprise.excluded_providers = ["org_9"]
        await enterprise.submit(Plan())

    play(muster, Enterprise, act)
    assert muster.sent[0][1] == {"reference": "r", "excluded_providers": ["org_9"]}
