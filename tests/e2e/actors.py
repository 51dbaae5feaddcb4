"""Members and operators as clients of the public API."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

Json = dict[str, Any]
KAMPONG_CHAM = {
    "country": "KH",
    "position": {"latitude": 11.9934, "longitude": 105.4635},
    "name": "Kampong Cham",
}
VIENTIANE = {
    "country": "LA",
    "position": {"latitude": 17.9667, "longitude": 102.6},
    "name": "Vientiane",
}
PHNOM_PENH = {
    "country": "KH",
    "position": {"latitude": 11.5564, "longitude": 104.9282},
    "name": "Phnom Penh",
}


class Client:
    """An API client: posts and gets, and expects to succeed unless told otherwise."""

    def __init__(self, api: str, client_id: str, client_secret: str) -> None:
        self._http = httpx.Client(base_url=api, timeout=30)
        form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        token = self._http.post("/oauth/token", data=form)
        assert token.status_code == 200, token.text
        self._http.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
        self.organisation_id = ""

    def post(self, path: str, body: Json, status: int | None = None) -> Json:
        """Send a command."""
        answer = self._http.post(path, json=body, headers={"Idempotency-Key": uuid.uuid4().hex})
        expected = answer.status_code == status if status else answer.is_success
        assert expected, f"POST {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else {}

    def get(self, path: str, status: int = 200) -> Json:
        """Ask for one thing."""
        answer = self._http.get(path)
        assert answer.status_code == status, f"GET {path}: {answer.status_code} {answer.text}"
        found: Json = answer.json()
        return found

    def items(self, path: str) -> list[Json]:
        """Ask for the first page of a list."""
        return list(self.get(path)["items"])

    def close(self) -> None:
        """End its connections."""
        self._http.close()

    def stream(self) -> Any:
        """Open the live stream."""
        return self._http.stream("GET", "/v1/stream", timeout=60)


def operator(directory: Path) -> Client:
    """Return the operator whose credentials `muster up` wrote."""
    run = json.loads((directory / "run.json").read_text())
    mine = json.loads((directory / "credentials.json").read_text())
    return Client(run["api"], mine["client_id"], mine["client_secret"])


def join(operator: Client, directory: Path, role: str, name: str, host: str = "KH") -> Client:
    """Apply, be vetted and activated, show a licence, and get a client."""
    organisation = operator.post(
        "/v1/organisations",
        {
            "name": name,
            "home_country": host,
            "roles": [role],
            "operations_email": f"ops@{name}.example",
            "emergency_email": f"sos@{name}.example",
            "registration_number": f"R-{name}",
        },
    )
    identifier = organisation["organisation_id"]
    path = f"/v1/organisations/{identifier}"
    for status in ("vetting", "active"):
        operator.post(f"{path}/status", {"status": status, "reason": "papers seen"})
    if role == "provider":
        for paper in papers(host):
            recorded = operator.post(f"{path}/authorisations", paper)
            operator.post(
                f"{path}/authorisations/{recorded['authorisation_id']}/status",
                {"status": "verified", "reason": "register checked"},
            )
    issued = operator.post(
        "/v1/api-clients", {"organisation_id": identifier, "role": role, "name": f"{name} desk"}
    )
    run = json.loads((directory / "run.json").read_text())
    client = Client(run["api"], issued["client_id"], issued["client_secret"])
    client.organisation_id = identifier
    return client


def papers(host: str) -> list[Json]:
    """Return one paper of each kind, valid for years."""
    now = datetime.now(UTC)
    valid = {
        "starts_at": (now - timedelta(days=30)).isoformat(),
        "ends_at": (now + timedelta(days=1000)).isoformat(),
    }
    common = {"reference": "R-1", "issuer": "Register", "valid": valid}
    kinds = ["guards", "vehicles", "insurance", "intelligence", "crisis_management"]
    return [
        {**common, "kind": "licence", "jurisdiction": host, "activities": kinds},
        {**common, "kind": "permit", "jurisdiction": host, "activities": ["medical_rescue"]},
        {**common, "kind": "icoca", "icoca_class": "certified_member"},
        {**common, "kind": "certificate", "standard": "ISO 18788"},
        {
            **common,
            "kind": "insurance_policy",
            "limit": {"minor_units": 500_000_000, "currency": "USD"},
            "territory": [host],
            "lines": ["liability"],
            "armed_excluded": False,
        },
    ]


ATTRIBUTES: tuple[tuple[Json, int], ...] = (
    (
        {
            "kind": "guards",
            "skills": ["close_protection"],
            "languages": ["en", "km"],
            "nationalities": ["KH"],
        },
        4,
    ),
    ({"kind": "vehicles", "armour": "B6", "seats": 5}, 2),
    (
        {
            "kind": "insurance",
            "lines": ["kidnap_ransom"],
            "limit": {"minor_units": 1_000_000_000, "currency": "USD"},
            "territory": ["KH"],
        },
        3,
    ),
    ({"kind": "intelligence", "products": ["threat_assessment"], "turnaround_hours": 24}, 2),
    ({"kind": "crisis_management", "services": ["response_consultant"]}, 1),
    ({"kind": "medical_rescue", "level": 3, "transports": ["ground"]}, 1),
)


def clear_reviews(operator: Client) -> int:
    """Let the operator clear every review that is open; return how many that were."""
    reviews = operator.items("/v1/reviews?status=open&limit=100")
    for review in reviews:
        decide(operator, review, "cleared")
    return len(reviews)


def decide(operator: Client, review: Json, answer: str) -> Json:
    """Let the operator decide a review."""
    body = {"decision": answer, "reason": "asked the ministry"}
    return operator.post(f"/v1/reviews/{review['review_id']}/decision", body)


def publish(
    provider: Client, attributes: Json, capacity: int, place: Json = PHNOM_PENH, price: int = 40_000
) -> Json:
    """Publish a capability at a place, for the country it is in."""
    return provider.post(
        "/v1/capabilities",
        {
            "name": f"{attributes['kind']} in {place['name']}",
            "attributes": attributes,
            "capacity": capacity,
            "base": place,
            "coverage": {"countries": [place["country"]], "radius_km": 300},
            "lead_time_minutes": 30,
            "price": {"amount": {"minor_units": price, "currency": "USD"}, "per": "day"},
        },
    )


def publish_all_kinds(provider: Client, capacity: int | None = None) -> list[Json]:
    """Publish a capability of each of the six kinds."""
    return [publish(provider, attributes, capacity or units) for attributes, units in ATTRIBUTES]


NEEDS: list[Json] = [
    {
        "quantity": 4,
        "required": {
            "kind": "guards",
            "skills": ["close_protection"],
            "languages": ["km", "en"],
        },
    },
    {"quantity": 2, "required": {"kind": "vehicles", "armour": "B6", "seats": 4}},
    {
        "quantity": 1,
        "required": {
            "kind": "insurance",
            "line": "kidnap_ransom",
            "limit": {"minor_units": 500_000_000, "currency": "USD"},
        },
    },
    {
        "quantity": 1,
        "required": {
            "kind": "intelligence",
            "product": "threat_assessment",
            "within_hours": 48,
        },
    },
]


def a_request(starts_in_hours: float = 3, needs: list[Json] | None = None, **more: Any) -> Json:
    """Return the body of a request like the one in the README."""
    start = datetime.now(UTC) + timedelta(hours=starts_in_hours)
    return {
        "place": PHNOM_PENH,
        "window": {
            "starts_at": start.isoformat(),
            "ends_at": (start + timedelta(hours=8)).isoformat(),
        },
        "principal": {"name": "Visiting engineer", "contact": "+1 555 0100"},
        "needs": NEEDS if needs is None else needs,
        **more,
    }
