"""From an incident to the request that would have answered it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from muster.cli.replay.rows import Incident
from muster.cli.world.needs import is_armed, need
from muster.cli.world.plans import Body, dollars, place, protection_record, window

_ATTACKED = frozenset({"Hijacked", "Boarded", "Boarding"})
_THREATENED = frozenset({"Attempted", "Suspicious", "Fired Upon"})
_GRAVE = frozenset({"Hijacked", "Fired Upon"})
_TERRITORIAL_SEA_KM = 22.224  # 12 nautical miles: within, guards go unarmed
_NO_WARSHIP: Body = {
    "asked": "Maritime rescue coordination centre of the nearest coast",
    "answer": "No patrol vessel can reach the position in time.",
}
_LASTS = timedelta(hours=48)


@dataclass(frozen=True)
class DatedRequest:
    """A request whose window is fixed, whenever it is submitted."""

    number: int
    enterprise: int
    body: Body
    cancel_after_seconds: float | None = None
    host_state_protection: Body | None = None

    def body_at(self, now: datetime) -> Body:
        """Return the whole body."""
        return {**self.body, **protection_record(self.host_state_protection, now)}


def request_of(incident: Incident, shift: timedelta, enterprises: int) -> DatedRequest:
    """Return the request for an incident, moved in time by the same shift as all others."""
    starts_at = incident.happened_at + shift
    needs = needs_of(incident)
    body: Body = {
        "reference": f"row {incident.number}",
        "needs": needs,
        "place": place(
            incident.country,
            f"at sea, row {incident.number}",
            incident.latitude,
            incident.longitude,
        ),
        "window": window(starts_at, starts_at + _LASTS),
        "urgency": "planned",
        "terms": {"auto_approve": True},
        "principal": {"name": f"Vessel of row {incident.number}"},
    }
    return DatedRequest(
        incident.number,
        incident.number % enterprises,
        body,
        host_state_protection=_NO_WARSHIP if any(map(is_armed, needs)) else None,
    )


def needs_of(incident: Incident) -> list[Body]:
    """Return what the kind of attack calls for.

    A vessel that was boarded or taken would have needed an escort, guards and ransom cover; one
    that was approached, guards; of anything else one would have wanted to know beforehand.
    """
    if incident.attack_type in _ATTACKED:
        escort = need(1, {"kind": "vehicles", "environment": "sea", "seats": 6})
        return [escort, _guards(incident), _ransom_cover()]
    if incident.attack_type in _THREATENED:
        return [_guards(incident)]
    return [need(1, {"kind": "intelligence", "product": "threat_assessment"})]


def _guards(incident: Incident) -> Body:
    offshore = (incident.shore_distance_km or 0.0) > _TERRITORIAL_SEA_KM
    return need(
        4,
        {
            "kind": "guards",
            "skills": ["maritime_security"],
            "languages": ["en"],
            "armed": offshore and incident.attack_type in _GRAVE,
            "environment": "sea",
        },
    )


def _ransom_cover() -> Body:
    return need(1, {"kind": "insurance", "line": "kidnap_ransom", "limit": dollars(5_000_000)})
