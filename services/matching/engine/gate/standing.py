"""The rules of standing: they hold for a provider as long as it serves, however it was found."""

from services.matching.engine.gate.case import Engagement
from services.matching.engine.verdicts import Ruling, Verdict


def verdict(rule: str, holds: bool, fact: str, wanted: str) -> Verdict:
    """Return what one of the engine's own rules says; these leave nothing to a person."""
    return Verdict(rule, Ruling.PASSED if holds else Ruling.FAILED, fact, wanted)


def provider_active(engagement: Engagement) -> Verdict:
    """Only members in good standing serve."""
    provider = engagement.provider
    if provider is None:
        return verdict("provider_active", False, "not known to matching", "active")
    return verdict("provider_active", provider.is_active, provider.status.value, "active")


def no_conflict(engagement: Engagement) -> Verdict:
    """Neither side has declared a conflict of interest with the other."""
    provider, enterprise = engagement.provider, engagement.enterprise
    declared = []
    if provider and engagement.request.enterprise_id in provider.conflicts:
        declared.append("declared by the provider")
    if provider and enterprise and provider.organisation_id in enterprise.conflicts:
        declared.append("declared by the enterprise")
    return verdict(
        "no_conflict", not declared, "; ".join(declared) or "none", "no conflict of interest"
    )


def states_determined(engagement: Engagement) -> Verdict:
    """Home, host and contracting state are known: whose law applies."""
    provider, enterprise = engagement.provider, engagement.enterprise
    home = provider.home_country if provider else ""
    contracting = enterprise.home_country if enterprise else ""
    host = engagement.request.place.country
    return verdict(
        "states_determined",
        bool(home and host and contracting),
        f"home {home or 'unknown'}, host {host}, contracting {contracting or 'unknown'}",
        "home, host and contracting state known",
    )
