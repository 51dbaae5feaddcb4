"""Ending early: Ctrl-C and SIGTERM cancel the task, which then stops everything it started."""

import asyncio
import signal
from collections.abc import Coroutine

INTERRUPTED = 130  # what a shell expects of a program that Ctrl-C ended


def run_until_interrupted(work: Coroutine[object, object, int]) -> int:
    """Run to the end and return the exit code; INTERRUPTED if a signal ended it."""
    try:
        return asyncio.run(_interruptible(work))
    except asyncio.CancelledError:
        return INTERRUPTED


async def _interruptible(work: Coroutine[object, object, int]) -> int:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await work


def interrupt_on_terminate() -> None:
    """Let SIGTERM end this process as Ctrl-C does, so that it cleans up behind itself."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
