"""What the simulated alliance saw happen, as the players wrote it down."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from muster.cli.world.client import Json
from muster.contracts.vocabulary.statuses import REQUEST, RequestStatus

_SAMPLES = 20


@dataclass
class RequestTrace:
    """One request that was answered 2xx, and what was heard of it since."""

    request_id: str
    number: int
    submitted_at: datetime
    status: RequestStatus
    heard_at: datetime  # when anything was last heard of it
    first_offer_at: datetime | None = None
    confirmed_at: datetime | None = None
    cancelled_at: datetime | None = None
    view: Json = field(default_factory=dict)

    @property
    def settled(self) -> bool:
        """Tell whether it came to its end."""
        return REQUEST.is_final(self.status)


@dataclass
class Ledger:
    """The players' common notebook. One event loop writes it, so it needs no lock."""

    requests: dict[str, RequestTrace] = field(default_factory=dict)
    first_offers: dict[str, datetime] = field(default_factory=dict)  # may precede the 201
    offers: Counter[str] = field(default_factory=Counter)  # by answer given
    reviews: Counter[str] = field(default_factory=Counter)  # by decision
    jobs: Counter[str] = field(default_factory=Counter)  # opened, completed, ended early
    jobs_ended: dict[tuple[str, str], datetime] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)  # incidents, check-ins missed, flags
    in_hand: int = 0  # requests sent or about to be, that have not come to their end
    error_count: int = 0
    error_samples: list[str] = field(default_factory=list)

    def submitted(self, view: Json, number: int) -> RequestTrace:
        """Write down a request that was answered 2xx."""
        trace = RequestTrace(
            request_id=str(view["request_id"]),
            number=number,
            submitted_at=instant(view["submitted_at"]),
            status=RequestStatus(view["status"]),
            heard_at=datetime.now(UTC),
        )
        self.requests[trace.request_id] = trace
        return trace

    def request_became(self, request_id: str, status: RequestStatus, at: datetime) -> None:
        """Write down a status; a request that is settled stays so, whatever arrives late."""
        trace = self.requests.get(request_id)
        if trace is None:
            return
        trace.heard_at = datetime.now(UTC)
        if status is RequestStatus.CONFIRMED and trace.confirmed_at is None:
            trace.confirmed_at = at
        if not trace.settled:
            trace.status = status
            self.in_hand -= trace.settled

    def offered(self, request_id: str, at: datetime) -> None:
        """Write down that an offer for this request reached a provider."""
        known = self.first_offers.get(request_id)
        if known is None or at < known:
            self.first_offers[request_id] = at

    def job_ended(self, request_id: str, provider_id: str, status: str, at: datetime) -> None:
        """Write down that a job ended; `at` must not be later than the end itself."""
        if (request_id, provider_id) not in self.jobs_ended:
            self.jobs_ended[request_id, provider_id] = at
            self.jobs[status] += 1

    def failed(self, what: str) -> None:
        """Write down something that should not have happened."""
        self.error_count += 1
        if len(self.error_samples) < _SAMPLES:
            self.error_samples.append(what)

    def statuses(self) -> Counter[str]:
        """Count the requests by status."""
        return Counter(trace.status.value for trace in self.requests.values())


def instant(text: object) -> datetime:
    """Read a time as the API writes it."""
    return datetime.fromisoformat(str(text))
