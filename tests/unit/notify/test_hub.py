"""How the live stream fans out, seen from inside its event loop."""

import asyncio
from collections.abc import AsyncIterator

from muster.contracts.vocabulary.kinds import Role
from muster.storage.store import Store
from services.notify.channels import stream
from services.notify.channels.stream import BACKLOG, Hub
from tests.unit.notify.builders import PROVIDER, offer_sent, tell

READER = (Role.PROVIDER, str(PROVIDER))


async def read_to_the_end(events: AsyncIterator[bytes]) -> str:
    """Return everything a client would get."""
    return b"".join([chunk async for chunk in events]).decode()


def test_a_client_that_does_not_read_is_sent_away_and_can_come_back(shared_store: Store) -> None:
    """It gets what was kept for it, in order; the rest is for when it comes back."""

    async def run() -> tuple[str, str]:
        hub = Hub(shared_store)
        lazy = await hub.join(READER)
        await asyncio.to_thread(tell, shared_store, *(offer_sent() for _ in range(BACKLOG + 50)))
        while not lazy.dropped:
            await asyncio.sleep(0)
        first = await read_to_the_end(hub.events(lazy, None, lasting=60))
        again = await hub.join(READER)
        second = await read_to_the_end(hub.events(again, BACKLOG, lasting=0.3))
        return first, second

    first, second = asyncio.run(run())
    assert first.count("event: ") == BACKLOG
    assert [line for line in second.splitlines() if line.startswith("id: ")][1:] == [
        f"id: {BACKLOG + n}" for n in range(1, 51)
    ]


def test_a_quiet_stream_beats_so_that_both_ends_know_it_lives(shared_store: Store) -> None:
    """A comment, which clients ignore."""

    async def run() -> str:
        hub = Hub(shared_store, heartbeat_seconds=0.05)
        listener = await hub.join(READER)
        return await read_to_the_end(hub.events(listener, None, lasting=0.2))

    assert ": heartbeat\n\n" in asyncio.run(run())


def test_the_table_is_read_only_while_somebody_listens(shared_store: Store) -> None:
    """The reader ends with its last listener, and starts anew with the next."""

    async def until(hub: Hub, *, following: bool) -> None:
        async with asyncio.timeout(5):
            while hub.following is not following:
                await asyncio.sleep(0)

    async def run() -> None:
        hub = Hub(shared_store)
        for _ in range(2):
            listener = await hub.join(READER)
            await until(hub, following=True)
            hub.leave(listener)
            await until(hub, following=False)

    asyncio.run(run())
    assert stream.PAGE < BACKLOG, "a page of entries must fit into a listener's queue"
