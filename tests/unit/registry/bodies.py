"""Bodies as a client sends them."""

from typing import Any


def application(**changes: Any) -> dict[str, Any]:
    """Return a provider's application."""
    return {
        "name": "Angkor Guard",
        "home_country": "KH",
        "roles": ["provider"],
        "operations_email": "operations@angkor.example",
        "emergency_email": "emergency@angkor.example",
        "registration_number": "KH-0001",
        **changes,
    }


def licence(**changes: Any) -> dict[str, Any]:
    """Return a licence to guard in Cambodia."""
    return {
        "kind": "licence",
        "reference": "PSC-77",
        "issuer": "Ministry of Interior",
        "jurisdiction": "KH",
        "activities": ["guards"],
        "armed": False,
        "valid": {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2027-01-01T00:00:00+07:00"},
        **changes,
    }


# One of each kind, with all that can be said of it.
ATTRIBUTES: tuple[dict[str, Any], ...] = (
    {
        "kind": "guards",
        "skills": ["close_protection"],
        "languages": ["km", "en"],
        "armed": False,
        "environments": ["land"],
        "nationalities": ["KH"],
        "personnel_licences": ["KH-guard"],
    },
    {"kind": "vehicles", "armour": "B6", "seats": 5, "environment": "land"},
    {
        "kind": "insurance",
        "lines": ["kidnap_ransom"],
        "limit": {"minor_units": 500_000_000, "currency": "USD"},
        "territory": ["KH"],
    },
    {
        "kind": "intelligence",
        "products": ["threat_assessment"],
        "turnaround_hours": 48,
        "languages": ["en"],
    },
    {"kind": "crisis_management", "services": ["negotiation"], "languages": ["en"]},
    {"kind": "medical_rescue", "level": 3, "transports": ["air"], "languages": ["en"]},
)


def capability(**changes: Any) -> dict[str, Any]:
    """Return twelve close-protection officers in Phnom Penh."""
    return {
        "name": "Close protection Phnom Penh",
        "attributes": ATTRIBUTES[0],
        "capacity": 12,
        "base": {
            "country": "KH",
            "position": {"latitude": 11.5564, "longitude": 104.9282},
            "name": "Phnom Penh",
        },
        "coverage": {"countries": ["KH", "VN"], "radius_km": 800},
        "lead_time_minutes": 120,
        "available": [{"starts_at": "2026-03-01T00:00:00Z", "ends_at": "2026-12-31T00:00:00Z"}],
        "blackouts": [{"starts_at": "2026-04-13T00:00:00Z", "ends_at": "2026-04-17T00:00:00Z"}],
        "price": {"amount": {"minor_units": 4500, "currency": "USD"}, "per": "hour"},
        **changes,
    }
