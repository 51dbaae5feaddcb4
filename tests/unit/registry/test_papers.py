"""Papers are recorded, verified, revoked, and run out by themselves."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from muster.contracts.registry import AuthorisationExpired, ProviderChanged
from muster.contracts.vocabulary.errors import Conflict, NotFound
from muster.contracts.vocabulary.identifiers import AuthorisationId, OrganisationId
from muster.contracts.vocabulary.kinds import AuthorisationKind
from muster.contracts.vocabulary.statuses import AuthorisationStatus, MemberStatus
from services.registry.domain.authorisation import Authorisation
from services.registry.use_cases.expire_authorisation import expire_authorisation
from services.registry.use_cases.record import announce_member
from services.registry.use_cases.record_authorisation import record_authorisation
from tests.unit.registry.builders import (
    YEAR,
    Registry,
    a_licence,
    a_paper,
    provider_of,
    valid_for,
)

VERIFIED, REVOKED = AuthorisationStatus.VERIFIED, AuthorisationStatus.REVOKED


def status_said(registry: Registry) -> list[str]:
    """Return the status of each paper in the newest snapshot."""
    snapshots = [event for event in registry.said() if isinstance(event, ProviderChanged)]
    return [a.status.value for a in snapshots[-1].authorisations]


def test_a_recorded_paper_is_said_in_the_snapshot_but_does_not_count_yet() -> None:
    """An operator has to see it first."""
    registry = Registry()
    member = registry.member()
    registry.run(
        lambda work: record_authorisation(
            work, provider_of(member), member.organisation_id, a_licence()
        )
    )
    assert status_said(registry) == ["recorded"]
    assert registry.steps()[-1] == ("authorisation", "", "recorded")


@pytest.mark.parametrize("kind", list(AuthorisationKind))
def test_every_particular_of_a_paper_reaches_the_others(kind: AuthorisationKind) -> None:
    """Matching decides by what the snapshot says, so nothing may get lost on the way."""
    registry = Registry()
    recorded = registry.recorded(registry.member(), a_paper(kind))
    snapshot = registry.said()[-1]
    assert isinstance(snapshot, ProviderChanged)
    (said,) = snapshot.authorisations
    expected = {name: getattr(recorded.paper, name) for name in recorded.paper.__dataclass_fields__}
    expected["armed_excluded"] = bool(recorded.paper.armed_excluded)
    assert {name: getattr(said, name) for name in expected} == expected


def test_a_verified_paper_expires_when_it_runs_out() -> None:
    """A timer ends it, and both the snapshot and an event of its own say so."""
    registry = Registry()
    member = registry.member()
    authorisation = registry.verified(member)
    registry.clock.advance(YEAR - timedelta(seconds=1))
    assert registry.fire_timers() == 0
    registry.clock.advance(timedelta(seconds=1))
    assert registry.fire_timers() == 1
    assert status_said(registry) == ["expired"]
    expired = registry.said()[-1]
    assert isinstance(expired, AuthorisationExpired)
    assert expired.authorisation_id == authorisation.authorisation_id
    assert expired.expired_at == authorisation.paper.valid.ends_at
    assert registry.steps()[-1] == ("authorisation", "verified", "expired")


def test_a_timer_that_fires_again_or_too_late_changes_nothing() -> None:
    """Repeated, revoked, unknown: nothing is said twice."""
    registry = Registry()
    member = registry.member()
    revoked = registry.verified(member)
    registry.judge(member, revoked.authorisation_id, REVOKED)
    expired = registry.verified(member, a_licence(valid=valid_for(timedelta(days=1))))
    registry.clock.advance(timedelta(days=1))
    registry.fire_timers()
    before = registry.said()
    for late in (revoked.authorisation_id, expired.authorisation_id, AuthorisationId("aut_0")):
        registry.run(partial(expire_authorisation, authorisation_id=late))
    assert registry.said() == before


def test_a_revoked_paper_has_no_timer_left() -> None:
    """It ended before it could expire."""
    registry = Registry()
    member = registry.member()
    authorisation = registry.verified(member)
    registry.judge(member, authorisation.authorisation_id, REVOKED)
    registry.clock.advance(YEAR)
    assert registry.fire_timers() == 0
    assert status_said(registry) == ["revoked"]


def test_nobody_is_told_that_a_former_members_papers_ran_out() -> None:
    """With the member its timers go."""
    registry = Registry()
    member = registry.member()
    registry.verified(member)
    registry.move(member, MemberStatus.WITHDRAWN)
    registry.clock.advance(YEAR)
    assert registry.fire_timers() == 0


def test_a_former_members_papers_cannot_be_verified() -> None:
    """It is no longer the alliance's concern."""
    registry = Registry()
    member = registry.member()
    recorded = registry.recorded(member)
    registry.move(member, MemberStatus.EXPELLED)
    with pytest.raises(Conflict):
        registry.judge(member, recorded.authorisation_id, VERIFIED)


def test_a_paper_is_found_only_under_its_own_organisation() -> None:
    """Another organisation's address does not lead to it."""
    registry = Registry()
    member, other = registry.member(), registry.member(name="Mekong Escort")
    recorded = registry.recorded(member)
    with pytest.raises(NotFound):
        registry.judge(other, recorded.authorisation_id, VERIFIED)


@pytest.mark.parametrize("organisation_id", ["org_0", None])
def test_nobody_records_papers_for_a_stranger(organisation_id: str | None) -> None:
    """An unknown organisation and somebody else's answer alike."""
    registry = Registry()
    member = registry.member()
    stranger = registry.member(name="Mekong Escort")
    target = OrganisationId(organisation_id or member.organisation_id)
    with pytest.raises(NotFound):
        registry.run(
            lambda work: record_authorisation(work, provider_of(stranger), target, a_licence())
        )


def test_a_policy_recorded_before_lines_were_asked_for_covers_nothing_and_no_arms() -> None:
    """What a paper does not say is never guessed."""
    registry = Registry()
    member = registry.member()
    old = Authorisation(
        AuthorisationId("aut_old"),
        a_paper(AuthorisationKind.INSURANCE_POLICY, lines=frozenset(), armed_excluded=None),
        VERIFIED,
    )
    registry.run(lambda work: announce_member(work, replace(member, authorisations=(old,))))
    snapshot = registry.said()[-1]
    assert isinstance(snapshot, ProviderChanged)
    (said,) = snapshot.authorisations
    assert (said.lines, said.armed_excluded) == (frozenset(), True)
