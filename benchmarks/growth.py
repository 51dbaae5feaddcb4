"""Whole journeys in an alliance that has grown, and after many of them: what gets slower?"""

import asyncio
from collections.abc import Iterator, Mapping, Set
from time import perf_counter

from benchmarks.growth_seed import grow_alliance, grow_history, providers_of
from benchmarks.journeys import AT_ONCE, WARM_UP_S, enrol, play_of
from benchmarks.journeys_http import Http
from benchmarks.journeys_play import Play, Tokens, arrive, keep_up
from benchmarks.journeys_system import STORES, Bench, running
from benchmarks.report import Report, Value, median
from muster.cli.bootstrap import open_stores
from muster.contracts.vocabulary.kinds import Role

MEMBERS, CAPABILITIES = 120, 1000
SIZES = (1_000, 10_000, 100_000)
CLOSED = 1_000_000
STRETCH_S = 15.0
_LOOKS = 5
_NOTES = (
    "capabilities: copies of 1,000 that were published, in the registry and where it is heard",
    "closed: requests in the stores, with offers, bookings, jobs, timelines and notifications",
    "start: until ready; first search: until the first offer after it, which has the index built",
    "lists: the slowest of the first pages that operators and members ask for, median of 5",
)


def run(rounds: int) -> Iterator[Report]:
    """Measure on both stores: the alliance grows first, then its history."""
    rows = [row for store in STORES for row in _grow(store, rounds)]
    yield Report("growth", "Whole journeys as the alliance and its history grow", rows, _NOTES)


def _grow(store: str, rounds: int) -> Iterator[Mapping[str, Value]]:
    with running(store) as bench:
        enterprises = asyncio.run(_enrolled(bench))
        originals = providers_of(open_stores(bench.settings)["matching"])
        size = CAPABILITIES
        for wanted in SIZES:
            if wanted > size:
                copies = range(size // CAPABILITIES, wanted // CAPABILITIES)
                _seed_alliance(bench, originals, copies)
                size = wanted
            yield _measured(bench, rounds, size, 0, enterprises)
        closed = _seed_history(bench, CLOSED)
        yield _measured(bench, rounds, size, closed, enterprises)


async def _enrolled(bench: Bench) -> list[str]:
    enterprises = [m.organisation_id for m in await enrol(bench, MEMBERS, CAPABILITIES)]
    play = play_of(bench, enterprises)
    async with play.listening():
        await keep_up(play, AT_ONCE, WARM_UP_S)  # what is closed here is what is copied later
    return enterprises


def _seed_alliance(bench: Bench, originals: Set[str], copies: range) -> None:
    bench.stop()
    grow_alliance(open_stores(bench.settings), originals, copies)


def _seed_history(bench: Bench, closed: int) -> int:
    bench.stop()
    return grow_history(open_stores(bench.settings), closed)


def _measured(
    bench: Bench, rounds: int, size: int, closed: int, enterprises: list[str]
) -> dict[str, Value]:
    bench.stop()
    begun = perf_counter()
    bench.start()
    started = perf_counter() - begun
    return {
        "store": bench.store,
        "capabilities": size,
        "closed": closed,
        "start s": started,
        **asyncio.run(_played(bench, rounds, enterprises)),
    }


async def _played(bench: Bench, rounds: int, enterprises: list[str]) -> dict[str, Value]:
    play = play_of(bench, enterprises)
    async with play.listening():
        begun = perf_counter()
        first = await play.one(begun)
        await keep_up(play, AT_ONCE, WARM_UP_S)
        before = bench.cpu()
        fast = [await keep_up(play, AT_ONCE, STRETCH_S) for _ in range(rounds)]
        used = sum(bench.cpu().values()) - sum(before.values())
        rate = median(len(it.journeys) / it.seconds for it in fast)
        calm = [await arrive(play, rate / 2, STRETCH_S) for _ in range(rounds)]
        slowest = await _slowest_list(bench, play, enterprises[0])
    waits = sorted(it.offered_at - it.due_at for stretch in calm for it in stretch.journeys)
    return {
        "first search s": first.offered_at - begun,
        "journeys/s": rate,
        "CPU ms each": 1000 * used / sum(it.started for it in fast),
        "first offer p50 ms": 1000 * waits[len(waits) // 2],
        "p99 ms": 1000 * waits[int(len(waits) * 0.99)],
        "lists ms": slowest[0],
        "slowest list": slowest[1],
        **{f"{part} MB": size for part, size in bench.memory().items() if part in _PARTS},
    }


_PARTS = ("api", "worker", "relay")


async def _slowest_list(bench: Bench, play: Play, enterprise: str) -> tuple[float, str]:
    host, port = bench.system.api.removeprefix("http://").split(":")
    http, tokens = Http(host, int(port)), Tokens(bench.signer)
    provider = play.providers[0]
    asked = [
        (path, role, organisation)
        for role, organisation in (
            (Role.OPERATOR, ""),
            (Role.ENTERPRISE, enterprise),
            (Role.PROVIDER, provider),
        )
        for path in _LISTS[role]
    ]
    found = []
    for path, role, organisation in asked:
        token = tokens.of(role, organisation)
        times = []
        for _ in range(_LOOKS):
            begun = perf_counter()
            await http.get(path, token)
            times.append(1000 * (perf_counter() - begun))
        found.append((median(times), f"{role} {path}"))
    http.close()
    return max(found)


_LISTS: Mapping[Role, tuple[str, ...]] = {
    Role.OPERATOR: (
        "/v1/requests",
        "/v1/requests?status=closed",
        "/v1/requests?status=sourcing",
        "/v1/offers",
        "/v1/offers?status=sent",
        "/v1/jobs",
        "/v1/jobs?status=completed",
        "/v1/organisations",
        "/v1/capabilities",
        "/v1/notifications",
    ),
    Role.ENTERPRISE: (
        "/v1/requests",
        "/v1/requests?status=closed",
        "/v1/offers",
        "/v1/jobs",
        "/v1/notifications",
    ),
    Role.PROVIDER: ("/v1/offers", "/v1/offers?status=sent", "/v1/jobs", "/v1/notifications"),
}
