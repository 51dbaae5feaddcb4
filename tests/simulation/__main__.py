"""Live through many stories and say what came of them: `python -m tests.simulation --seeds N`."""

import argparse
import gc
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator

from tests.simulation.journey import live_through
from tests.simulation.regressions import regressions
from tests.simulation.tally import Failure, Tally, live_through_all

CHUNK = 50
SHOWN = 3  # failures


def main() -> int:
    """Return 0 if every story kept every promise."""
    asked = _arguments()
    if asked.replay is not None:
        _say(str(live_through(asked.replay)))
        return 0
    begun = time.monotonic()
    seeds = [*regressions(), *range(asked.first, asked.first + asked.seeds)]
    tally = Tally()
    for done in _tallies(seeds, asked.cores):
        tally.add(done)
        _progress(tally, len(seeds), begun)
    _report(tally, time.monotonic() - begun, asked.cores)
    return 1 if tally.failures else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2_000, help="how many stories")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--replay", type=int, metavar="SEED", help="one story, with its log")
    return parser.parse_args()


def _tallies(seeds: list[int], cores: int) -> Iterator[Tally]:
    chunks = [seeds[start : start + CHUNK] for start in range(0, len(seeds), CHUNK)]
    if cores == 1:
        _settle_down()
        yield from map(live_through_all, chunks)
        return
    with multiprocessing.get_context("fork").Pool(cores, _settle_down) as pool:
        yield from pool.imap_unordered(live_through_all, chunks)


def _settle_down() -> None:
    """Have the collector of garbage leave alone what is here to stay, and come by less often."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def _progress(tally: Tally, wanted: int, begun: float) -> None:
    if sys.stderr.isatty():
        rate = tally.seeds / (time.monotonic() - begun) * 60
        failed = f", {len(tally.failures)} failed" if tally.failures else ""
        sys.stderr.write(f"\r{tally.seeds} of {wanted} seeds, {rate:.0f} a minute{failed} ")


def _report(tally: Tally, seconds: float, cores: int) -> None:
    lived = max(tally.seeds, 1)
    a_seed = tally.cpu_seconds / lived
    _say(f"\nseeds                  {tally.seeds}, {tally.steps / lived:.0f} steps each")
    _say(f"seeds a minute         {tally.seeds / seconds * 60:.0f} on {cores} core(s)")
    _say(f"  by CPU time          {60 / a_seed:.0f} on one core ({a_seed * 1000:.0f} ms each)")
    _say("requests ended")
    for status, number in tally.statuses.most_common():
        _say(f"  {status:<44} {number:>8}")
    _say("faults injected")
    for fault, number in sorted(tally.faults.items()):
        _say(f"  {fault:<44} {number:>8}")
    _say(f"failures               {len(tally.failures)}")
    for failure in tally.failures[:SHOWN]:
        _show(failure)
    if rest := tally.failures[SHOWN:]:
        _say(f"and seeds {' '.join(str(failure.seed) for failure in rest)}")


def _show(failure: Failure) -> None:
    _say(f"\n{failure}")
    _say("Once it is mended, keep the seed, and why, in tests/simulation/regressions.txt.")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
