"""docs/metrics.md: what every metric means, made from the metrics themselves."""

from collections.abc import Iterable, Iterator
from typing import Any

from muster.observability import metrics, metrics_of_work
from muster.observability.measuring import Label, Metric

_HEAD = """\
# Metrics

Made by `make docs` from `muster/observability/metrics.py` and `metrics_of_work.py`; change it
there.

Every process answers at `/metrics`, in Prometheus' text format or, if asked, in OpenMetrics with
exemplars: the trace id of a sampled request or event. No scrape asks a database or a broker, so it
is answered while they are away. `muster up` writes where they all are to
`.muster/prometheus/targets.json`.

Three things to know when you write a query:

- Processes are told apart by Prometheus' own `instance`, and by `process` from the targets file.
  Sum counters and histograms over them: `sum without (instance, process) (rate(...))`.
- Gauges of state (measured every 15 s) are the same in every worker of a service, for they come
  from its database. Never add them up: `max without (instance, process) (...)`. While the database
  is away they stay as they were; `muster_measured_timestamp_seconds` tells how old they are.
- Counters and histograms whose labels can all be listed are there from the start, at 0. Others
  (rules, routes) come with their first event, and gauges when they are first measured.

RabbitMQ has metrics of its own, from its plugin `rabbitmq_prometheus`:
`rabbitmq_queue_messages_ready`, `rabbitmq_queue_consumers`, `rabbitmq_alarms_memory_used_watermark`
and many more; by queue at `/metrics/detailed`.
"""

_WORK, _MACHINERY = "The work", "The machinery"


def of_the_work() -> tuple[Metric[Any], ...]:
    """Return the metrics of what members and operators do, as they are defined."""
    return tuple(_metrics_in(vars(metrics_of_work).values()))


def of_the_machinery() -> tuple[Metric[Any], ...]:
    """Return the metrics of processes, messages and databases, as they are defined."""
    return tuple(_metrics_in(vars(metrics).values()))


def page() -> str:
    """Return the page in Markdown."""
    sections = ((_WORK, of_the_work()), (_MACHINERY, of_the_machinery()))
    parts = [_HEAD]
    for title, several in sections:
        parts.append(f"## {title}\n")
        parts += [_described(metric) for metric in several]
    return "\n".join(parts)


def _metrics_in(values: Iterable[object]) -> Iterator[Metric[Any]]:
    return (value for value in values if isinstance(value, Metric))


def _described(metric: Metric[Any]) -> str:
    names = f"{{{', '.join(metric.label_names)}}}" if metric.label_names else ""
    lines = [
        f"### `{metric.name}{names}`",
        "",
        f"{metric.kind.capitalize()}. {metric.meaning}",
        "",
        *map(_label, metric.with_labels),
        f"- from: {_origin(metric)}; {metric.when}",
        "",
    ]
    return "\n".join(lines)


def _origin(metric: Metric[Any]) -> str:
    services = f" of {', '.join(metric.of)}" if metric.of else ""
    return f"{' and '.join(metric.by)}{services}"


def _label(label: Label) -> str:
    values = ", ".join(f"`{value}`" for value in label.values)
    return f"- `{label.name}`: {values or label.bound}"
