"""Takes a look: asks every process, the broker and Prometheus at once, each for a short time."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import httpx

from muster.cli.readiness import why_not_ready
from muster.cli.top.conditions import INFO
from muster.cli.top.figures import Exposition, read
from muster.cli.top.frame import Alert, Frame, Seen
from muster.cli.top.places import Place, Places
from muster.clock import Clock
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.questions import Depth, questions

SECONDS = 3.0  # that one may take to answer
# Of each queue and the node: RabbitMQ's own page of everything is ten times as long.
BROKER_METRICS = "/metrics"


class Eyes:
    """Looks at the same places again and again."""

    def __init__(
        self, places: Places, queues: Sequence[str], clock: Clock, prometheus: str | None = None
    ) -> None:
        self._places = places
        self._queues = queues
        self._clock = clock
        self._prometheus = prometheus

    def look(self) -> Frame:
        """Return what is to be seen now; nobody who is away holds up the others for long."""
        places = self._places
        with ThreadPoolExecutor(max_workers=len(places.processes) + 3) as pool:
            processes = [pool.submit(_process, place) for place in places.processes]
            broker = pool.submit(_broker, places.broker) if places.broker else None
            queues = pool.submit(self._depths)
            pages = pool.submit(alerts_of, self._prometheus) if self._prometheus else None
            depths, trouble = queues.result()
            told, silence = pages.result() if pages else (None, None)
            return Frame(
                at=self._clock.now(),
                processes=tuple(each.result() for each in processes),
                broker=broker.result() if broker else None,
                queues=depths,
                broker_trouble=trouble,
                pages=told,
                pages_trouble=silence,
            )

    def _depths(self) -> tuple[dict[str, Depth | None], str | None]:
        if self._places.amqp_url is None:
            return {}, self._places.amqp_problem
        try:
            with questions(self._places.amqp_url) as broker:
                return {name: broker.depth(name) for name in self._queues}, None
        except (BrokerUnavailable, ValueError) as error:
            return {}, str(error)


def alerts_of(prometheus: str) -> tuple[tuple[Alert, ...] | None, str | None]:
    """Return what Prometheus would have people look at, or why it does not say.

    What is only for the record, as the watchdog that always fires, is left out.
    """
    try:
        answer = _get(f"{prometheus.rstrip('/')}/api/v1/alerts")
        answer.raise_for_status()
        told = map(_alert, answer.json()["data"]["alerts"])
        return tuple(alert for alert in told if alert.severity != INFO), None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, LookupError, TypeError) as error:
        return None, f"Prometheus does not tell its alerts: {error}"


def _process(place: Place) -> Seen:
    trouble = why_not_ready(f"{place.address}/readyz")
    exposition, silence = _metrics(f"{place.address}/metrics")
    return Seen(place.name, _plain(trouble) if trouble else silence, exposition)


def _broker(place: Place) -> Seen:
    exposition, silence = _metrics(place.address + BROKER_METRICS)
    return Seen(place.name, silence, exposition)


def _metrics(url: str) -> tuple[Exposition | None, str | None]:
    try:
        answer = _get(url)
        answer.raise_for_status()
        return read(answer.text), None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return None, f"no metrics: {error}"


def _get(url: str) -> httpx.Response:
    return httpx.get(url, timeout=SECONDS, trust_env=False, verify=url.startswith("https:"))


def _plain(reason: str) -> str:
    """Return the reasons in words: /readyz gives them as JSON, each kind of process another."""
    try:
        told: Any = json.loads(reason)
    except ValueError:
        return reason
    if isinstance(told, dict):
        told = told.get("reasons") or told.get("detail") or reason
    return "; ".join(map(str, told)) if isinstance(told, list) else str(told)


def _alert(told: dict[str, Any]) -> Alert:
    labels, notes = told["labels"], told.get("annotations", {})
    state = "" if told.get("state") == "firing" else f" ({told.get('state')})"
    return Alert(
        name=labels["alertname"],
        severity=labels.get("severity", "-"),
        summary=notes.get("summary", "") + state,
        since=_moment(told.get("activeAt", "")),
        runbook=notes.get("runbook_url", ""),
    )


def _moment(written: str) -> datetime | None:
    try:
        return datetime.fromisoformat(written.partition(".")[0].removesuffix("Z") + "+00:00")
    except ValueError:
        return None
