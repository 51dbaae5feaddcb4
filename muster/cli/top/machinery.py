"""The tables of the machinery: processes, queues, and what each service has in hand."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from muster.cli.top import rates
from muster.cli.top.frame import Frame, Seen
from muster.cli.top.wording import ABSENT, age, count, per_second, share, size
from muster.contracts.catalogue import OWNERS
from muster.messaging.topology import RETRY_DELAYS_SECONDS, Topology, retry_exchange


def table(*columns: str) -> Table:
    """Return an empty table: words to the left in the first column, figures to the right."""
    made = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for number, column in enumerate(columns):
        made.add_column(column, justify="left" if number == 0 else "right", no_wrap=number > 0)
    return made


def processes(frame: Frame, before: Frame | None) -> RenderableType:
    """Return every process: is it ready, and what does it use?"""
    made = table("PROCESS", "up for", "cpu", "memory", "ready")
    made.columns[-1].justify, made.columns[-1].no_wrap = "left", False
    for seen in frame.processes:
        made.add_row(
            seen.name,
            age(rates.uptime(seen, frame)),
            share(rates.cpu(seen, frame, before)),
            size(_one(seen, "process_resident_memory_bytes")),
            _ready(seen.trouble),
        )
    made.add_row(*_broker(frame, before))
    return made


def queues(frame: Frame, before: Frame | None, topology: Topology) -> RenderableType:
    """Return every work queue: what waits, who takes, how old it was when it was taken."""
    if frame.broker_trouble is not None:
        return Group(Text("QUEUES", "bold"), Text(f"  {frame.broker_trouble}", "red"))
    made = table("QUEUE", "waiting", "consumers", "age", "dead letters")
    for subscription in topology.subscriptions:
        work = frame.queues.get(subscription.queue)
        dead = frame.queues.get(subscription.dead_letter_queue)
        made.add_row(
            subscription.queue,
            "missing" if work is None else count(work.messages),
            ABSENT if work is None else _consumers(work.consumers),
            age(rates.lag(subscription.queue, frame, before)),
            "missing" if dead is None else _alarming(dead.messages),
        )
    return made


def services(frame: Frame, before: Frame | None) -> RenderableType:
    """Return what each service has in hand: outbox, retries, timers, dead letters."""
    figures = frame.figures
    waiting = figures.state("muster_outbox_waiting_messages", "service")
    oldest = figures.highest("muster_outbox_oldest_age_seconds", "service")
    timers = figures.state("muster_timers_overdue", "service")
    dead = figures.highest("muster_dead_letter_oldest_age_seconds", "service")
    made = table("SERVICE", "outbox", "oldest", "published", "retrying", "timers late", "dead for")
    for service in OWNERS:
        name = "muster_outbox_published_total"
        made.add_row(
            service,
            count(waiting.get(service)),
            age(oldest.get(service)),
            per_second(rates.rate(name, "service", service, frame, before)),
            count(_retrying(frame, service)),
            count(timers.get(service)),
            age(dead.get(service)),
        )
    return made


def _broker(frame: Frame, before: Frame | None) -> list[str | Text]:
    """Return RabbitMQ's row: what it uses by its metrics, ready if it lets somebody ask."""
    seen = frame.broker or Seen("rabbitmq", None)
    return [
        "rabbitmq",
        age(rates.uptime(seen, frame)),
        share(rates.cpu(seen, frame, before)),
        size(_one(seen, "rabbitmq_process_resident_memory_bytes")),
        _ready(frame.broker_trouble),
    ]


def _one(seen: Seen, name: str) -> float | None:
    return seen.exposition.one(name) if seen.exposition is not None else None


def _retrying(frame: Frame, service: str) -> float | None:
    depths = [frame.queues.get(retry_exchange(service, delay)) for delay in RETRY_DELAYS_SECONDS]
    known = [depth.messages for depth in depths if depth is not None]
    return sum(known) if known else None


def _ready(trouble: str | None) -> Text:
    return Text("yes", "green") if trouble is None else Text(f"NO: {trouble}", "red")


def _consumers(number: int) -> Text:
    return Text(str(number), "" if number else "red")


def _alarming(number: int) -> Text:
    return Text(count(number), "red" if number else "")
