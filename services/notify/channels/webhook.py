"""Webhooks as Standard Webhooks has them: signed, to allowed addresses, without redirects."""

import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpcore
from standardwebhooks import Webhook

from muster.observability.spans import Tracer, Value
from muster.observability.tracing import calling
from services.notify.channels.egress import Guarded, Resolve, resolve
from services.notify.domain.delivery import PATIENCE, Outcome, Parcel, Result
from services.notify.domain.endpoint import EgressRefused, Endpoint, Network
from services.notify.use_cases.deliver_webhooks import Run

_MOST_BYTES_READ = 16_384
_LONGEST_PEACE = timedelta(days=1)  # a far end cannot silence us for longer
_GONE = 410
_ASKS_FOR_PEACE = (429, 503)


@dataclass(frozen=True)
class WebhookPoster:
    """Posts to endpoints, over one connection each. Safe to share between threads."""

    allowed: tuple[Network, ...]
    timeout_seconds: float
    now: Callable[[], datetime]
    resolver: Resolve = resolve
    tracer: Tracer | None = None  # given: an endpoint is served by a thread of its own

    def post_all(self, endpoint: Endpoint, parcels: Sequence[Parcel]) -> Run:
        """Post in order until one fails; the rest comes back released. Never raises for the
        far end's doing."""
        begun = time.monotonic()
        results: list[Result] = []
        gone = False
        with _Connection(endpoint, self) as connection:
            for parcel in parcels:
                if time.monotonic() - begun > PATIENCE.total_seconds():
                    break
                status, result = self._post_traced(connection, endpoint, parcel)
                results.append(result)
                gone = status == _GONE
                if result.outcome is not Outcome.SENT:
                    break
        released = [Result(Outcome.RELEASED)] * (len(parcels) - len(results))
        return Run(tuple(results + released), gone)

    def _post_traced(
        self, connection: "_Connection", endpoint: Endpoint, parcel: Parcel
    ) -> tuple[int, Result]:
        words: dict[str, Value] = {
            "http.request.method": "POST",
            "server.address": urlsplit(endpoint.url).hostname or "",
            "muster.webhook_id": endpoint.webhook_id,
            "muster.notification_id": parcel.notification_id,
            "muster.attempt": parcel.attempts,
        }
        with calling(self.tracer, "POST webhook", parcel.traceparent, words) as span:
            traceparent = None if span is None else span.context.traceparent
            status, result = self._post(connection, endpoint, parcel, traceparent)
            if span is not None:
                span.attributes["http.response.status_code"] = status  # 0: there was no answer
                if result.outcome is not Outcome.SENT:
                    span.fail(f"{result.outcome}: {result.detail}")
        return status, result

    def _post(
        self,
        connection: "_Connection",
        endpoint: Endpoint,
        parcel: Parcel,
        traceparent: str | None,
    ) -> tuple[int, Result]:
        now = self.now().astimezone(UTC)
        headers: dict[bytes | str, bytes | str] = {
            "content-type": "application/json",
            "user-agent": "muster",
            # Stable over attempts: the far end can tell what it already has.
            "webhook-id": parcel.notification_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(endpoint.secret).sign(
                parcel.notification_id, now, parcel.body
            ),
        }
        if traceparent is not None:
            headers["traceparent"] = traceparent
        try:
            status, retry_after = connection.post(headers, parcel.body.encode())
        except EgressRefused as refused:
            return 0, Result(Outcome.RETRIED, f"not called: {refused}")
        except (
            httpcore.TimeoutException,
            httpcore.NetworkError,
            httpcore.ProtocolError,
            OSError,
        ) as error:
            return 0, Result(Outcome.RETRIED, f"{type(error).__name__}: {error}")
        return status, _judge(status, retry_after, now)


class _Connection:
    """One endpoint, called again and again; each call has its own deadline."""

    def __init__(self, endpoint: Endpoint, poster: WebhookPoster) -> None:
        self._url = endpoint.url
        self._timeout = poster.timeout_seconds
        self._deadline = 0.0
        scheme = urlsplit(endpoint.url).scheme
        backend = Guarded(scheme, poster.allowed, lambda: self._deadline, poster.resolver)
        # One pool per endpoint: a TLS session proven for one name never serves another.
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context() if scheme == "https" else None,
            max_connections=1,
            network_backend=backend,
        )

    def __enter__(self) -> "_Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.close()

    def post(self, headers: dict[bytes | str, bytes | str], body: bytes) -> tuple[int, str]:
        """Return (status, Retry-After); read little of the answer, and follow nothing."""
        self._deadline = time.monotonic() + self._timeout
        with self._pool.stream("POST", self._url, headers=headers, content=body) as answer:
            retry_after = next((v for k, v in answer.headers if k.lower() == b"retry-after"), b"")
            read = 0
            for chunk in answer.iter_stream():
                read += len(chunk)
                if read > _MOST_BYTES_READ:
                    break
            return answer.status, retry_after.decode("latin-1")


def _judge(status: int, retry_after: str, now: datetime) -> Result:
    if 200 <= status < 300:
        return Result(Outcome.SENT, str(status))
    if status == _GONE:
        return Result(Outcome.SUPPRESSED, "410 Gone: the endpoint is disabled")
    if 300 <= status < 400:
        return Result(Outcome.RETRIED, f"{status}: redirects are not followed")
    peace = _peace_until(retry_after, now) if status in _ASKS_FOR_PEACE else None
    return Result(Outcome.RETRIED, str(status), peace)


def _peace_until(retry_after: str, now: datetime) -> datetime | None:
    """Return when Retry-After (seconds or a date) ends, at most a day from now."""
    try:
        if retry_after.strip().isdecimal():
            wanted = now + timedelta(seconds=min(int(retry_after), _LONGEST_PEACE.total_seconds()))
        else:
            wanted = parsedate_to_datetime(retry_after)
            wanted = wanted if wanted.tzinfo else wanted.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return min(wanted, now + _LONGEST_PEACE)
