"""A steady load for a while, and whether anything grows: `make soak MINUTES=10`."""

import argparse
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from threading import Event

from rich.console import Console
from rich.table import Table

from muster.cli.deployment import Options
from muster.cli.down import stop
from muster.cli.supervise import Supervisor
from muster.cli.up import start
from muster.contracts.catalogue import OWNERS
from tests.load import Accounting, Load, Target, account
from tests.reports import keep_report
from tests.servers.postgres import start_cluster
from tests.soak.sampling import Sampler
from tests.soak.trend import Trend, trend_of

LOOK_EVERY_S = 3.0
WARM_UP = 0.4  # of the whole time: caches fill
AT_ONCE = 120  # requests in the beginning: pools grow to what the busiest moment needs
SETTLED_S = 300
# What is noise: of memory so much, and a share; of what is counted so many.
MEMORY_MB, MEMORY_SHARE = 3.0, 0.04
SERVERS_SHARE = (
    0.3  # RabbitMQ's memory goes up and down with its log, PostgreSQL's with its buffers
)
COUNTED, COUNTED_SHARE = 1.5, 0.05
WAITING = 25.0

Series = list[tuple[float, dict[str, float]]]


def soak(minutes: float, rate: float) -> tuple[Series, Accounting]:
    """Put the load on a whole Muster on PostgreSQL, and look at it every few seconds."""
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix="muster-soak-"))
        stack.callback(shutil.rmtree, home)
        home.chmod(0o711)  # PostgreSQL does not run as root and has to reach its own part
        database = Supervisor(home / "postgres")
        stack.callback(database.shut_down)
        postgres = start_cluster(home / "postgres")
        directory = home / ".muster"
        stack.callback(stop, directory)
        environment = {"MUSTER_LOG_LEVEL": "WARNING"}
        running = start(
            Options(directory, postgres.fresh_databases(OWNERS), environment=environment)
        )
        target, ledger = Target.of(running), home / "ledger"
        load = stack.enter_context(Load(target, rate, ledger, scarce=3))
        sampler = Sampler(running, postgres, database)
        series = []
        for _ in range(AT_ONCE):
            load.probe()
        with load.running():
            began = time.monotonic()
            while (now := time.monotonic() - began) < minutes * 60:
                series.append((now, sampler.look()))
                Event().wait(max(0.0, LOOK_EVERY_S - (time.monotonic() - began - now)))
        load.settle(SETTLED_S)
        return series, account(target, ledger, at_rest_within_s=SETTLED_S)


def trends(series: Series) -> list[Trend]:
    """Return the trend of every figure after the warm-up."""
    late = [(at, figures) for at, figures in series if at >= WARM_UP * series[-1][0]]
    names = {name: None for _, figures in late for name in figures}
    found = []
    for name in names:
        seen = [(at, figures[name]) for at, figures in late if name in figures]
        seconds, values = [at for at, _ in seen], [value for _, value in seen]
        if any(values) and len(values) > 1:
            found.append(trend_of(name, seconds, values, _allowed(name, max(values))))
    return found


def _allowed(name: str, highest: float) -> float:
    if name.endswith("memory MB"):
        servers = name.startswith(("rabbitmq", "postgres"))
        return MEMORY_MB + highest * (SERVERS_SHARE if servers else MEMORY_SHARE)
    if name.startswith("queue ") or name.endswith(" outbox"):
        return WAITING
    return COUNTED + highest * COUNTED_SHARE


def main() -> int:
    """Soak, tell, keep the report; exit with 0 if all stayed flat, and nothing is lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=5, help="requests a second")
    chosen = parser.parse_args()
    series, accounts = soak(chosen.minutes, chosen.rate)
    found = trends(series)
    _tell(found, accounts)
    path = keep_report(
        "soak",
        {
            "minutes": chosen.minutes,
            "requests_per_second": chosen.rate,
            "looks": len(series),
            "trends": [asdict(trend) | {"flat": trend.flat} for trend in found],
            "accounting": accounts.as_json(),
            "series": [{"second": round(at, 1), **figures} for at, figures in series],
        },
    )
    sys.stdout.write(f"{path}\n")
    accounts.assert_nothing_lost()
    return 0 if all(trend.flat for trend in found) else 1


def _tell(found: list[Trend], accounts: Accounting) -> None:
    table = Table("figure", "typical", "highest", "per hour", "grew", "may grow", "flat")
    for trend in found:
        numbers = (trend.typical, trend.highest, trend.per_hour, trend.grew, trend.allowed)
        flat = "yes" if trend.flat else "[red]no[/]"
        table.add_row(trend.name, *(f"{number:.1f}" for number in numbers), flat)
    console = Console()
    console.print(table)
    told = accounts.as_json()
    words = ("attempted", "acknowledged", "lost", "doubled", "overbooked")
    console.print("   ".join(f"{word} {told[word]}" for word in words))


if __name__ == "__main__":
    sys.exit(main())
