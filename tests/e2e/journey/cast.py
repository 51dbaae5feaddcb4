"""Who plays in the end-to-end tests, and what they do again and again."""

from dataclasses import dataclass, field

from tests.e2e.actors import NEEDS, Client, Json, a_request, clear_reviews, join
from tests.e2e.journey.system import System
from tests.waiting import eventually

TRAVELLING = ["acknowledged", "mobilising", "en_route", "on_scene", "in_service", "released"]
AT_A_DESK = ["acknowledged", "in_service", "released"]


@dataclass(frozen=True)
class Cast:
    """Who plays."""

    operator: Client
    enterprise: Client
    provider: Client
    rival: Client
    mailbox_of: System
    guests: list[Client] = field(default_factory=list)  # who came for one test only

    def invite(self, name: str, host: str = "KH") -> Client:
        """Let another provider join."""
        guest = join(self.operator, self.mailbox_of.directory, "provider", name, host)
        self.guests.append(guest)
        return guest


def all_kinds_are_offered(operator: Client, enterprise: Client) -> bool:
    """Tell whether matching has heard of everything: every need of a request gets its offers.

    It asks for all the guards there are: of guards in Cambodia the rules are not sure, so that the
    operator has to clear both providers.
    """
    needs = [{**NEEDS[0], "quantity": 8}, *NEEDS[1:]]
    return would_be_offered(operator, enterprise, needs)


def would_be_offered(
    operator: Client, enterprise: Client, needs: list[Json], **more: object
) -> bool:
    """Tell whether a request would get offers for each of its needs; it is called off again.

    A request that comes before the capabilities finds nobody and ends unfilled, so each look is a
    request of its own.
    """
    body = a_request(starts_in_hours=900, needs=needs, **more)
    request = enterprise.post("/v1/requests", body)

    def offered() -> bool:
        clear_reviews(operator)
        asked = {offer["need_id"] for offer in offers(enterprise, request)}
        return len(asked) == len(needs)

    eventually(
        lambda: status(enterprise, request) not in ("submitted", "sourcing") or offered(),
        within_s=30,
    )
    heard = offered()
    if status(enterprise, request) == "sourcing":
        enterprise.post(f"/v1/requests/{request['request_id']}/cancel", {"reason": "only a test"})
    return heard


def status(client: Client, request: Json) -> str:
    """Return where a request stands."""
    return str(client.get(f"/v1/requests/{request['request_id']}")["status"])


def offers(client: Client, request: Json, state: str | None = None) -> list[Json]:
    """Return the offers a client sees of a request."""
    more = f"&status={state}" if state else ""
    return client.items(f"/v1/offers?request_id={request['request_id']}&limit=100{more}")


def jobs(client: Client, request: Json) -> list[Json]:
    """Return the jobs a client sees of a request."""
    return client.items(f"/v1/jobs?request_id={request['request_id']}")


def answer_all(cast: Cast, request: Json, answer: str, body: Json) -> int:
    """Let both providers answer every offer that waits; return how many that were."""
    number = 0
    for client in (cast.provider, cast.rival):
        for offer in offers(client, request, "sent"):
            client.post(f"/v1/offers/{offer['offer_id']}/{answer}", body)
            number += 1
    return number


def accept_until(cast: Cast, request: Json, wanted: str) -> None:
    """Accept whatever is offered until the request stands where it should."""

    def there() -> bool:
        answer_all(cast, request, "accept", {})
        return status(cast.enterprise, request) == wanted

    eventually(there, within_s=30)


def confirm(cast: Cast, starts_in_hours: float) -> Json:
    """Bring a request to confirmation."""
    request = cast.enterprise.post(
        "/v1/requests", a_request(starts_in_hours, terms={"auto_approve": True})
    )
    accept_until(cast, request, "confirmed")
    eventually(lambda: jobs(cast.operator, request), within_s=30)
    return request


def finish(cast: Cast, request: Json) -> None:
    """Let the providers do and report all their work."""
    for client in (cast.provider, cast.rival):
        for job in jobs(client, request):
            steps = AT_A_DESK if job["remote"] else TRAVELLING
            for step in [*steps, "completed"]:
                client.post(f"/v1/jobs/{job['job_id']}/status", {"status": step})
