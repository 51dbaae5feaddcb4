"""The operator's desk in the simulated alliance: reviews are decided, once, with a reason."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from muster.cli.world.client import Api, Session
from muster.cli.world.crew import Crew
from muster.cli.world.habits import BUSINESSLIKE, Habits
from muster.cli.world.ledger import Ledger
from muster.cli.world.reviewer import Reviewer
from tests.unit.cli.served import served
from tests.unit.cli.test_players import Muster

CLEARS = replace(BUSINESSLIKE, refuses_reviews=0.0)


def review(number: int, provider_id: str = "org_1") -> dict[str, Any]:
    """Return an open review as the API shows it."""
    return {
        "review_id": f"rev_{number}",
        "provider_id": provider_id,
        "country": "KH",
        "kind": "guards",
        "armed": False,
        "status": "open",
    }


def look(
    muster: Muster, reviews: Iterable[dict[str, Any]], habits: Habits, looks: int = 1
) -> Ledger:
    """Let an operator look so many times and decide; return what it wrote down."""
    muster.answers["/v1/reviews"] = {"items": list(reviews), "next_cursor": None}
    ledger = Ledger()

    async def run() -> None:
        async with served(muster.take) as url, Api(url, patience_s=2) as api:
            crew = Crew(ledger)
            reviewer = Reviewer(Session(api, "cli_1", "s"), habits, ledger, crew, seed=1)
            reviewer.take_charge_of([("org_1", 1)])
            for _ in range(looks):
                await reviewer.look()
            await crew.finish()

    asyncio.run(run())
    return ledger


def decisions(muster: Muster) -> list[tuple[str, str]]:
    """Return what was decided of which review."""
    return [(path, body["decision"]) for path, body in muster.sent if path.endswith("/decision")]


def test_an_open_review_is_decided_once_with_a_reason() -> None:
    """However often it is seen open."""
    muster = Muster()
    ledger = look(muster, [review(1)], CLEARS, looks=2)
    assert decisions(muster) == [("/v1/reviews/rev_1/decision", "cleared")]
    assert muster.sent[-1][1]["reason"]
    assert ledger.reviews == {"cleared": 1}


def test_some_are_refused() -> None:
    """As the habits say."""
    muster = Muster()
    ledger = look(muster, [review(1)], replace(CLEARS, refuses_reviews=1.0))
    assert decisions(muster) == [("/v1/reviews/rev_1/decision", "refused")]
    assert ledger.reviews == {"refused": 1}


def test_other_peoples_members_are_left_to_their_own_operators() -> None:
    """A system that ran before has operators of its own."""
    muster = Muster()
    look(muster, [review(1, "org_9")], CLEARS)
    assert decisions(muster) == []


def test_a_review_that_somebody_else_decided_is_no_error() -> None:
    """The other operator was quicker."""
    muster = Muster({"/v1/reviews/rev_1/decision": (409, {"detail": "cleared already"})})
    ledger = look(muster, [review(1)], CLEARS)
    assert ledger.reviews == {"too_late": 1}
    assert ledger.error_count == 0


def test_the_same_matter_is_decided_alike_whenever_it_is_asked() -> None:
    """The draw depends on the matter, not on the order of the reviews."""
    habits = replace(CLEARS, refuses_reviews=0.5)
    outcomes = set()
    for numbers in ((1, 2, 3), (3, 1, 2)):
        muster = Muster()
        look(muster, [{**review(n), "country": f"C{n}"} for n in numbers], habits)
        outcomes.add(tuple(sorted(decisions(muster))))
    assert len(outcomes) == 1
