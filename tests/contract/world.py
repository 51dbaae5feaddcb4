"""One object of each kind, made through the API by the members it belongs to."""

from dataclasses import dataclass, field, replace

from muster.access import Caller
from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.contracts.vocabulary.kinds import Role
from tests.contract.application import Application, Json

OPERATOR = Caller("cli_operator", Role.OPERATOR)
SECRETS = ("Ms Sok", "suite 1204", "by the back door")  # name, contact, instructions

PLACE: Json = {
    "country": "MY",
    "position": {"latitude": 3.14, "longitude": 101.69},
    "name": "Kuala Lumpur",
}
ABROAD: Json = {
    "country": "KH",
    "position": {"latitude": 11.56, "longitude": 104.92},
    "name": "Phnom Penh",
}
PRICE: Json = {"amount": {"minor_units": 40_000, "currency": "USD"}, "per": "day"}
VALID: Json = {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2028-01-01T00:00:00Z"}
WINDOW: Json = {"starts_at": "2026-03-03T08:00:00Z", "ends_at": "2026-03-03T20:00:00Z"}


def membership(**changes: object) -> Json:
    """Return an application, with some fields replaced."""
    return {
        "name": "Angkor Guard",
        "home_country": "MY",
        "roles": ["provider"],
        "operations_email": "operations@angkor.example",
        "emergency_email": "emergency@angkor.example",
        "registration_number": "MY-0001",
        **changes,
    }


def licence(**changes: object) -> Json:
    """Return a licence to guard and to drive in Malaysia, with some fields replaced."""
    return {
        "kind": "licence",
        "reference": "PSC-77",
        "issuer": "Ministry of Interior",
        "jurisdiction": "MY",
        "activities": ["guards", "vehicles"],
        "valid": VALID,
        **changes,
    }


def capability(**changes: object) -> Json:
    """Return twelve guards in Kuala Lumpur, with some fields replaced."""
    return {
        "name": "Close protection Kuala Lumpur",
        "attributes": {"kind": "guards", "languages": ["en", "ms"], "nationalities": ["MY"]},
        "capacity": 12,
        "base": PLACE,
        "coverage": {"countries": ["MY", "KH"], "radius_km": 3000},
        "lead_time_minutes": 30,
        "price": PRICE,
        **changes,
    }


def protection(**changes: object) -> Json:
    """Return a request for two guards tomorrow, with some fields replaced."""
    name, contact, instructions = SECRETS
    return {
        "needs": [{"quantity": 2, "required": {"kind": "guards", "languages": ["ms"]}}],
        "place": PLACE,
        "window": WINDOW,
        "principal": {"name": name, "contact": contact, "instructions": instructions},
        **changes,
    }


@dataclass(frozen=True)
class World:
    """Two members that deal with each other, two that have nothing to do with it, and all ids."""

    enterprise: Caller
    provider: Caller
    other_enterprise: Caller
    other_provider: Caller
    ids: dict[str, str] = field(default_factory=dict)


def found(application: Application, until: str = "served") -> World:
    """Let four members join, and one request go as far as an incident on its job.

    Until "published", nobody has asked for anything yet.
    """
    world = World(
        enterprise=join(application, Role.ENTERPRISE, "Harbour Trading"),
        provider=join(application, Role.PROVIDER, "Angkor Guard"),
        other_enterprise=join(application, Role.ENTERPRISE, "Lotus Mining"),
        other_provider=join(application, Role.PROVIDER, "Mekong Escort"),
    )
    ids = {"client_id": world.provider.client_id, "organisation_id": org(world.provider)}
    ids["authorisation_id"] = show_licence(application, world.provider)
    show_licence(application, world.provider, jurisdiction="KH")
    unfit = capability(attributes={"kind": "guards", "languages": ["vi"]}, name="Elsewhere")
    application.do(world.other_provider, "POST", "/v1/capabilities", unfit)
    published = application.do(world.provider, "POST", "/v1/capabilities", capability())
    ids["capability_id"] = published["capability_id"]
    webhook = application.do(
        world.provider, "POST", "/v1/webhooks", {"url": "https://angkor.example/in"}
    )
    ids["webhook_id"] = webhook["webhook_id"]
    if until == "published":
        return replace(world, ids=ids)
    ids |= serve(application, world)
    notifications = application.do(world.provider, "GET", "/v1/notifications")["items"]
    ids["notification_id"] = notifications[0]["notification_id"]
    # Asked for and offered, but not answered yet.
    ids["open_request_id"], ids["open_offer_id"] = asked(application, world)
    ids["review_id"] = doubted(application, world)
    return replace(world, ids=ids)


def serve(application: Application, world: World) -> dict[str, str]:
    """Take a request from its submission to an incident on its job; return the ids."""
    request_id, offer_id = asked(application, world)
    application.do(world.provider, "POST", f"/v1/offers/{offer_id}/accept", {})
    application.do(world.enterprise, "POST", f"/v1/requests/{request_id}/approve", {})
    (job,) = application.do(world.provider, "GET", "/v1/jobs")["items"]
    incident = application.do(
        world.provider,
        "POST",
        f"/v1/jobs/{job['job_id']}/incidents",
        {"severity": "minor", "summary": "a puncture"},
    )
    return {
        "request_id": request_id,
        "offer_id": offer_id,
        "job_id": job["job_id"],
        "incident_id": incident["incident_id"],
    }


def asked(application: Application, world: World) -> tuple[str, str]:
    """Ask for protection; return the ids of the request and of the one offer it led to."""
    request = application.do(world.enterprise, "POST", "/v1/requests", protection())
    request_id = request["request_id"]
    offers = application.do(world.provider, "GET", f"/v1/offers?request_id={request_id}")
    (offer,) = offers["items"]
    return request_id, offer["offer_id"]


def doubted(application: Application, world: World) -> str:
    """Ask for what only a foreigner could do; return the id of the review that this leads to."""
    application.do(world.enterprise, "POST", "/v1/requests", protection(place=ABROAD))
    (review,) = application.do(OPERATOR, "GET", "/v1/reviews")["items"]
    identifier: str = review["review_id"]
    return identifier


def join(application: Application, role: Role, name: str) -> Caller:
    """Apply, be vetted and activated; return an issued client."""
    member = application.do(
        None, "POST", "/v1/organisations", membership(name=name, roles=[role.value])
    )
    organisation_id = member["organisation_id"]
    for status in ("vetting", "active"):
        application.do(
            OPERATOR,
            "POST",
            f"/v1/organisations/{organisation_id}/status",
            {"status": status, "reason": "papers seen"},
        )
    issued = application.do(
        OPERATOR,
        "POST",
        "/v1/api-clients",
        {"organisation_id": organisation_id, "role": role.value, "name": f"{name} desk"},
    )
    return Caller(issued["client_id"], role, OrganisationId(organisation_id))


def show_licence(application: Application, provider: Caller, **changes: object) -> str:
    """Record a licence and have it verified; return its id."""
    path = f"/v1/organisations/{org(provider)}/authorisations"
    recorded = application.do(provider, "POST", path, licence(**changes))
    identifier: str = recorded["authorisation_id"]
    application.do(
        OPERATOR, "POST", f"{path}/{identifier}/status", {"status": "verified", "reason": "seen"}
    )
    return identifier


def org(caller: Caller) -> str:
    """Return the organisation of a member's client."""
    return str(caller.own_organisation())
