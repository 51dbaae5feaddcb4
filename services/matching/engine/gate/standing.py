"""The rules of standing: they hold for a provider as long as it serves, however it was found."""

from functools import lru_cache

from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.statuses import MemberStatus
from services.matching.engine.gate.case import Engagement
from services.matching.engine.gate.words import failed_instead_of, passed, verdict
from services.matching.engine.verdicts import Verdict

_ACTIVE = passed("provider_active", MemberStatus.ACTIVE.value, "active")
_NO_CONFLICT = passed("no_conflict", "none declared", "no conflict of interest")


def provider_active(engagement: Engagement) -> Verdict:
    """Only members in good standing serve."""
    provider = engagement.provider
    if provider is not None and provider.is_active:
        return _ACTIVE
    fact = provider.status.value if provider else "not known to matching"
    return failed_instead_of(_ACTIVE, fact)


def no_conflict(engagement: Engagement) -> Verdict:
    """Neither side has declared a conflict of interest with the other."""
    provider, enterprise = engagement.provider, engagement.enterprise
    declared = []
    if provider and engagement.request.enterprise_id in provider.conflicts:
        declared.append("declared by the provider")
    if provider and enterprise and provider.organisation_id in enterprise.conflicts:
        declared.append("declared by the enterprise")
    return failed_instead_of(_NO_CONFLICT, "; ".join(declared)) if declared else _NO_CONFLICT


def states_determined(engagement: Engagement) -> Verdict:
    """Home, host and contracting state are known: whose law applies."""
    provider, enterprise = engagement.provider, engagement.enterprise
    home = provider.home_country if provider else ""
    contracting = enterprise.home_country if enterprise else ""
    return _states(home, engagement.request.place.country, contracting)


@lru_cache(maxsize=1000)
def _states(home: str, host: Country, contracting: str) -> Verdict:
    return verdict(
        "states_determined",
        bool(home and host and contracting),
        f"home {home or 'unknown'}, host {host}, contracting {contracting or 'unknown'}",
        "home, host and contracting state known",
    )
