"""The operator's desk for reviews: decides what the rules leave open, with a reason."""

import asyncio
import random
from collections.abc import Iterable

from muster.cli.world.client import Json, Refused, Session
from muster.cli.world.crew import Crew
from muster.cli.world.habits import Habits
from muster.cli.world.ledger import Ledger
from muster.cli.world.plans import Body
from muster.contracts.vocabulary.statuses import ReviewStatus

_OPEN = "/v1/reviews?status=open"
_CLEARED: Body = {"decision": ReviewStatus.CLEARED, "reason": "The authority confirmed it by phone"}
_REFUSED: Body = {"decision": ReviewStatus.REFUSED, "reason": "The authority does not know of it"}


class Reviewer:
    """An operator who looks for open reviews again and again, so nothing depends on a stream.

    Only those about the members it is in charge of: others' may have operators of their own.
    """

    def __init__(
        self, operator: Session, habits: Habits, ledger: Ledger, crew: Crew, seed: int
    ) -> None:
        self._operator = operator
        self._habits = habits
        self._ledger = ledger
        self._crew = crew
        self._seed = seed
        self._numbers: dict[str, int] = {}
        self._seen: set[str] = set()

    def take_charge_of(self, members: Iterable[tuple[str, int]]) -> None:
        """Decide reviews of these organisations, each with its number among the members."""
        self._numbers.update(members)

    async def watch(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(self._habits.review_every_s)

    async def look(self) -> None:
        """Begin to decide what is open and was not seen before."""
        async for review in self._operator.pages(_OPEN):
            review_id = str(review["review_id"])
            if review["provider_id"] in self._numbers and review_id not in self._seen:
                self._seen.add(review_id)
                self._crew.start(self._decide(review_id, review), f"review {review_id}")

    async def _decide(self, review_id: str, review: Json) -> None:
        # Drawn from the matter alone, so that it does not depend on when it was asked.
        number = self._numbers[str(review["provider_id"])]
        matter = (number, review["country"], review["kind"], review["armed"])
        rng = random.Random(f"{self._seed}/{matter}")  # noqa: S311 - repeatable
        await asyncio.sleep(rng.uniform(*self._habits.think))
        body = _REFUSED if rng.random() < self._habits.refuses_reviews else _CLEARED
        try:
            await self._operator.post(f"/v1/reviews/{review_id}/decision", body)
        except Refused as refusal:
            if refusal.status != 409:  # another operator was quicker
                raise
            self._ledger.reviews["too_late"] += 1
            return
        self._ledger.reviews[str(body["decision"])] += 1
