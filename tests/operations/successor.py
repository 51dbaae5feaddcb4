"""The alliance after a restoration: clients repeat what they asked, providers go on where it is."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from muster.cli.world.client import Api, Session
from muster.cli.world.enrolment import Member
from muster.cli.world.plans import Body
from tests.load import Goal, Ledger, Load, Target, Usual
from tests.load import ledger as said
from tests.load.desk import Desk, Progress

_WITHIN_S = 180


@dataclass
class Remembered:
    """A profile whose every request can be made again, word for word."""

    usual: Usual
    bodies: dict[str, Body] = field(default_factory=dict)  # by reference, in order

    def __call__(self, number: int, reference: str) -> Body:
        """Return the body of a request, and remember it."""
        self.bodies[reference] = self.usual(number, reference)
        return self.bodies[reference]


@dataclass(frozen=True)
class Clients:
    """Everybody who has a client's id and secret, wherever the server is."""

    providers: tuple[Member, ...]
    enterprises: tuple[Member, ...]

    @classmethod
    def of(cls, load: Load) -> "Clients":
        """Return those of a load."""
        return cls(tuple(load.providers), tuple(load.enterprises))

    def repeat(self, target: Target, bodies: Mapping[str, Body], ledger: Path) -> dict[str, str]:
        """Send all of it again under the same keys, and bring everything to its end.

        Return the id that each was answered with, by key. What is done stands in the ledger.
        """
        with Ledger(ledger) as written:
            return asyncio.run(self._repeat(target, bodies, written))

    async def _repeat(
        self, target: Target, bodies: Mapping[str, Body], ledger: Ledger
    ) -> dict[str, str]:
        progress = Progress(Goal.CLOSED)
        async with Api(target.api, in_flight=50) as api:
            operator = Session(api, target.client_id, target.client_secret)
            providers = {each.organisation_id: each.session.at(api) for each in self.providers}
            enterprises = [each.session.at(api) for each in self.enterprises]
            desk = Desk(operator, providers, progress, ledger, sweep_s=0.5)
            desk.open()

            async def ask_again(key: str, body: Body) -> str:
                asks = enterprises[int(key.rpartition("-")[2]) % len(enterprises)]
                ledger.note(said.DUE, key=key, due=0.0)
                request = await asks.post("/v1/requests", body, key)
                request_id = str(request["request_id"])
                ledger.note(said.ACKNOWLEDGED, key=key, request=request_id, due=0.0)
                progress.acknowledged(request_id)
                return request_id

            try:
                ids = await asyncio.gather(*(ask_again(*each) for each in bodies.items()))
                async with asyncio.timeout(_WITHIN_S):
                    while progress.open:
                        await desk.look()
            finally:
                await desk.close()
        return dict(zip(bodies, ids, strict=True))
