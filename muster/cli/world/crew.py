"""Background tasks of the players; what fails there is written down, never swallowed."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from muster.cli.world.ledger import Ledger


class Crew:
    """Starts tasks and holds them until they end."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Any], what: str) -> None:
        """Run in the background; an error ends up in the ledger, told as `what`."""
        task = asyncio.get_running_loop().create_task(work, name=what)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def finish(self) -> None:
        """Return when every task has ended, and those they started."""
        while self._tasks:
            await asyncio.wait(list(self._tasks))

    async def dismiss(self) -> None:
        """Cancel all tasks and return when they have ended."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            self._ledger.failed(f"{task.get_name()}: {type(error).__name__}: {error}")
