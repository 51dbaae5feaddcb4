"""How an organisation becomes a member and stops being one."""

from functools import reduce

import pytest

from muster.contracts.vocabulary.errors import Conflict, IllegalTransition, NotFound
from muster.contracts.vocabulary.identifiers import AuthorisationId
from muster.contracts.vocabulary.statuses import AuthorisationStatus, MemberStatus
from services.registry.domain.organisation import MOST_LIVE_AUTHORISATIONS, Organisation
from tests.stores import START
from tests.unit.registry.builders import a_licence, an_organisation

LICENCE = AuthorisationId("aut_1")


def test_an_applicant_is_vetted_before_it_is_active() -> None:
    """Each step counts one version up; none can be skipped."""
    applicant = an_organisation(MemberStatus.APPLIED)
    member = applicant.become(MemberStatus.VETTING).become(MemberStatus.ACTIVE)
    assert (member.status, member.version) == (MemberStatus.ACTIVE, 3)
    with pytest.raises(IllegalTransition) as refused:
        applicant.become(MemberStatus.ACTIVE)
    assert refused.value.allowed == ("vetting", "withdrawn")


def test_a_suspended_member_can_come_back_and_an_expelled_one_cannot() -> None:
    """Suspension is a pause, expulsion is the end."""
    suspended = an_organisation(MemberStatus.SUSPENDED)
    assert suspended.become(MemberStatus.ACTIVE).status is MemberStatus.ACTIVE
    expelled = suspended.become(MemberStatus.EXPELLED)
    assert expelled.has_left
    with pytest.raises(IllegalTransition, match="this state is final"):
        expelled.become(MemberStatus.ACTIVE)


def test_a_recorded_paper_belongs_to_the_organisation_and_counts_a_version_up() -> None:
    """Papers live inside their organisation, so that one snapshot holds all."""
    member = an_organisation().record(LICENCE, a_licence(), START)
    assert member.version == 2
    assert member.authorisation(LICENCE).status is AuthorisationStatus.RECORDED


def test_moving_one_paper_leaves_the_others_as_they_are() -> None:
    """Only the named one takes the step."""
    other = AuthorisationId("aut_2")
    member = an_organisation().record(LICENCE, a_licence(), START).record(other, a_licence(), START)
    moved = member.move_authorisation(LICENCE, AuthorisationStatus.VERIFIED, START)
    assert [a.status for a in moved.authorisations] == ["verified", "recorded"]


def test_a_paper_the_organisation_does_not_have_is_not_found() -> None:
    """Another organisation's paper cannot be moved through this one."""
    with pytest.raises(NotFound):
        an_organisation().move_authorisation(LICENCE, AuthorisationStatus.VERIFIED, START)


@pytest.mark.parametrize("status", [MemberStatus.WITHDRAWN, MemberStatus.EXPELLED])
def test_the_papers_of_a_former_member_do_not_change(status: MemberStatus) -> None:
    """It may apply again, with papers of its own."""
    with pytest.raises(Conflict, match="Let it apply again"):
        an_organisation(status).record(LICENCE, a_licence(), START)


def test_the_number_of_papers_that_count_is_limited() -> None:
    """A snapshot must fit a message; papers that are over make room."""

    def record(member: Organisation, number: int) -> Organisation:
        return member.record(AuthorisationId(f"aut_{number}"), a_licence(), START)

    full = reduce(record, range(MOST_LIVE_AUTHORISATIONS), an_organisation())
    with pytest.raises(Conflict, match="at a time"):
        record(full, 999)
    relieved = full.move_authorisation(AuthorisationId("aut_0"), AuthorisationStatus.REVOKED, START)
    assert record(relieved, 999).authorisation(AuthorisationId("aut_999")).is_live


@pytest.mark.parametrize("status", [s for s in MemberStatus if s is not MemberStatus.ACTIVE])
def test_only_an_active_member_passes_as_active(status: MemberStatus) -> None:
    """Every other standing is refused with what to do next."""
    an_organisation().must_be_active("publish capabilities")
    with pytest.raises(Conflict, match="Only an active member may publish capabilities"):
        an_organisation(status).must_be_active("publish capabilities")
