"""Whole journeys over HTTP, everything on this machine: how many a second, how soon an offer comes,
and what they cost each process."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from benchmarks.journeys_http import Http, Json
from benchmarks.journeys_play import Play, Tokens, arrive, keep_up, next_window
from benchmarks.journeys_system import GENERATOR, POSTGRES, STORES, Bench, running
from benchmarks.report import Report, Value, median
from muster.cli.world.client import Api, Session
from muster.cli.world.enrolment import Member, enrol_all
from muster.cli.world.generation import generate_world
from muster.cli.world.places import load_atlas
from muster.cli.world.plans import dollars

MEMBERS, CAPABILITIES = 120, 1000
AT_ONCE = 48
WARM_UP_S = 6.0
STRETCH_S = 20.0
PARTS = ("api", "worker", "relay", "rabbitmq", POSTGRES, GENERATOR)
_PLACES = ("SG", "MY", "HK")
_GUARDS: Json = {"kind": "guards", "skills": ["close_protection"], "languages": ["en"]}
_VEHICLES: Json = {"kind": "vehicles", "armour": "B4", "seats": 4}
_INSURANCE: Json = {"kind": "insurance", "line": "kidnap_ransom", "limit": dollars(1_000_000)}
_ASSESSMENT: Json = {"kind": "intelligence", "product": "threat_assessment", "within_hours": 72}
_NOTES = (
    "a journey: asked, matched, accepted, confirmed, each job reported to its end, request closed",
    f"journeys/s: with {AT_ONCE} under way at any time; it ends when the live stream says so",
    "first offer: at half that rate, from when the request was due to when the live stream told it",
    "CPU ms each: of all processes; the load generator shares both cores",
)
_MIX: tuple[tuple[Json, ...], ...] = (
    (_GUARDS,),
    (_ASSESSMENT,),
    (_GUARDS, _VEHICLES),
    (_VEHICLES, _INSURANCE),
)


class Asked:
    """What the enterprises ask for, one after another: one need or two, in three countries."""

    def __init__(self, enterprises: list[str]) -> None:
        self._enterprises = enterprises
        self._places = [load_atlas().of(country)[0].place for country in _PLACES]
        self._number = 0

    def next(self) -> tuple[str, Json]:
        """Return who asks next, and the body of the request."""
        number = self._number = self._number + 1
        needs = _MIX[number // len(self._places) % len(_MIX)]
        return self._enterprises[number % len(self._enterprises)], {
            "reference": f"R{number}",
            "needs": [{"quantity": 1, "required": need} for need in needs],
            "place": self._places[number % len(self._places)],
            "window": next_window(number),
            "principal": {"name": f"Principal {number}", "contact": "duty desk"},
            "terms": {"auto_approve": True},
        }


async def enrol(bench: Bench, members: int, capabilities: int) -> list[Member]:
    """Let so many members join over HTTP; return those who ask."""
    world = generate_world(7, datetime.now(UTC), members, capabilities, 0)
    async with Api(bench.system.api) as api:
        operator = Session(api, bench.system.client_id, bench.system.client_secret)
        found = await enrol_all(api, operator, world.members, Counter())
    return [member for member in found if member.plan.role == "enterprise"]


def play_of(bench: Bench, enterprises: list[str]) -> Play:
    """Return a play against this system."""
    address = bench.system.api.removeprefix("http://")
    host, port = address.split(":")
    return Play(Http(host, int(port)), Tokens(bench.signer), Asked(enterprises).next, address)


def run(rounds: int) -> Iterator[Report]:
    """Measure on both stores."""
    rows = [row for store in STORES for row in _measure(store, rounds)]
    yield Report("journeys", "Whole journeys", rows, _NOTES)


def _measure(store: str, rounds: int) -> Iterator[Mapping[str, Value]]:
    with running(store) as bench:
        yield asyncio.run(_play(bench, rounds))


async def _play(bench: Bench, rounds: int) -> Mapping[str, Value]:
    enterprises = [m.organisation_id for m in await enrol(bench, MEMBERS, CAPABILITIES)]
    play = play_of(bench, enterprises)
    async with play.listening():
        await keep_up(play, AT_ONCE, WARM_UP_S)
        before, calls = bench.cpu(), play.calls
        fast = [await keep_up(play, AT_ONCE, STRETCH_S) for _ in range(rounds)]
        used = {part: seconds - before[part] for part, seconds in bench.cpu().items()}
        calls = play.calls - calls
        ended = sum(it.started for it in fast)
        rate = median(len(it.journeys) / it.seconds for it in fast)
        calm = [await arrive(play, rate / 2, STRETCH_S) for _ in range(rounds)]
    if play.errors:
        raise RuntimeError(f"{len(play.errors)} calls failed; the first: {play.errors[0]}")
    waits = sorted(journey.offered_at - journey.due_at for it in calm for journey in it.journeys)
    return {
        "store": bench.store,
        "journeys/s": rate,
        "calls each": calls / ended,
        "first offer p50 ms": 1000 * waits[len(waits) // 2],
        "p99 ms": 1000 * waits[int(len(waits) * 0.99)],
        "left": max(it.left for it in calm),
        "CPU ms each": 1000 * sum(used.values()) / ended,
        **{f"{part} ms": 1000 * used.get(part, 0.0) / ended for part in PARTS},
        "unserved": play.unserved,
    }
