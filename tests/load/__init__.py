"""An open-loop load on a running system, and an account of what became of it.

Requests arrive by a schedule (Poisson, from a seed), whether or not the system keeps up, and every
time is counted from when a request was due: a system that stalls cannot make the load wait with
it. Commands are repeated under their idempotency keys until they are answered. What is sent and
what is answered 2xx is in a ledger, synced to disk, before it counts.

    with sinks() as outside:
        running = start(Options(directory, database_url, environment=outside.environment))
        target = Target.of(running)
        with Load(target, rate_per_second=10, ledger=directory / "ledger.jsonl", scarce=2) as load:
            load.listen_at(outside.webhook_url)   # optional: webhooks, counted by id
            with load.running():                  # requests arrive until the block ends
                ...                               # faults, or just a pause
                key = load.probe()                # one more, now
                eventually(lambda: load.was_offered(key))
            load.settle(within_s=60)              # all answered, all at the goal
            accounts = account(target, load.ledger.path, received=outside.received)
    accounts.assert_nothing_lost()                # or look: .lost .doubled .overbooked .seconds
    report = accounts.as_json()

`goal` says how far each request is brought: `Goal.OFFERED` (nobody answers), `Goal.CONFIRMED`
(providers accept), `Goal.CLOSED` (and do the work, the default); give `account` the same.
`scarce` lets every tenth request contend for so many medical teams at one time: more than these
must never be booked. `declines_every` lets that many-th offer be declined. `profile` may be any
function (number, reference) -> body; the reference is the idempotency key and has to stay in the
body. `latencies(ledger, since, until)` gives the times of those that were due in between
(`time.time()`). `load.cpu_seconds` is what the clients took.

The load hears by one operator's live stream and looks at the lists every `sweep_s`, so "first
offer" is when a client hears of it. It needs no more of a system than its HTTP API; the account
reads its stores and counts the messages in its broker.
"""

from tests.load.accounting import Accounting, account
from tests.load.desk import Goal
from tests.load.driver import Load
from tests.load.latencies import Latency, latencies
from tests.load.ledger import Ledger, entries
from tests.load.sinks import Received, Sinks, sinks
from tests.load.target import Target
from tests.load.world import Usual

__all__ = [
    "Accounting",
    "Goal",
    "Latency",
    "Ledger",
    "Load",
    "Received",
    "Sinks",
    "Target",
    "Usual",
    "account",
    "entries",
    "latencies",
    "sinks",
]
