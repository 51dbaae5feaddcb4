"""What only RabbitMQ's management page tells: what is bound to what, and its time."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlsplit

import httpx

from muster.cli.doctor.patient import Binding
from muster.cli.errors import CannotRun

_SECONDS = 10


class Management:
    """One broker's management page, at an address that holds a login: http://user:password@host."""

    def __init__(self, url: str, vhost: str) -> None:
        self._url = url.rstrip("/")
        self._vhost = vhost

    def bindings(self) -> frozenset[Binding]:
        """Return every binding of the virtual host. Raises CannotRun."""
        told = self._get(f"/api/bindings/{quote(self._vhost, safe='')}").json()
        return frozenset((one["source"], one["destination"], one["routing_key"]) for one in told)

    def time(self) -> datetime | None:
        """Return what time it is there, to the second; None if it does not say."""
        written = self._get("/api/overview").headers.get("date")
        return parsedate_to_datetime(written).astimezone(UTC) if written else None

    def _get(self, path: str) -> httpx.Response:
        try:
            answer = httpx.get(self._url + path, timeout=_SECONDS, trust_env=False)
            answer.raise_for_status()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            place = urlsplit(self._url).hostname  # and not the password
            reason = str(error).replace(self._url, f"//{place}").splitlines()[0]
            raise CannotRun(f"The management page at {place} does not tell: {reason}") from error
        return answer
