"""What a paper must say, and how far it can be relied on."""

from datetime import timedelta

import pytest

from muster.contracts.vocabulary.errors import IllegalTransition, InputRefused
from muster.contracts.vocabulary.identifiers import AuthorisationId
from muster.contracts.vocabulary.kinds import AuthorisationKind, Environment
from muster.contracts.vocabulary.statuses import AuthorisationStatus
from services.registry.domain.authorisation import Authorisation
from tests.stores import START
from tests.unit.registry.builders import YEAR, a_licence, a_paper, valid_for

KIND = AuthorisationKind


@pytest.mark.parametrize("kind", list(AuthorisationKind))
def test_a_complete_paper_of_each_kind_is_accepted(kind: AuthorisationKind) -> None:
    """Each kind asks for its own particulars and for nothing else."""
    assert a_paper(kind).checked(START).kind is kind


@pytest.mark.parametrize(
    ("kind", "field", "missing"),
    [
        (KIND.LICENCE, "jurisdiction", None),
        (KIND.LICENCE, "activities", frozenset()),
        (KIND.PERMIT, "jurisdiction", None),
        (KIND.PERMIT, "activities", frozenset()),
        (KIND.ICOCA, "icoca_class", None),
        (KIND.CERTIFICATE, "standard", None),
        (KIND.INSURANCE_POLICY, "limit", None),
        (KIND.INSURANCE_POLICY, "territory", frozenset()),
        (KIND.INSURANCE_POLICY, "lines", frozenset()),
        (KIND.INSURANCE_POLICY, "armed_excluded", None),
        (KIND.JOINT_VENTURE, "jurisdiction", None),
    ],
)
def test_a_paper_without_a_particular_of_its_kind_is_refused_by_name(
    kind: AuthorisationKind, field: str, missing: object
) -> None:
    """The refusal names the field and what belongs there."""
    with pytest.raises(InputRefused, match=f"`{field}` is missing") as refused:
        a_paper(kind, **{field: missing}).checked(START)
    assert refused.value.field == field
    assert refused.value.allowed


def test_a_paper_that_has_run_out_is_refused() -> None:
    """A paper that ends at this very instant is over."""
    ended = a_licence(valid=valid_for(timedelta(0)))
    with pytest.raises(InputRefused, match="has run out") as refused:
        ended.checked(START)
    assert refused.value.field == "valid.ends_at"


@pytest.mark.parametrize(
    ("standard", "environment"),
    [
        ("PSC.1", Environment.LAND),
        ("ISO 18788", Environment.LAND),
        ("ISO 28007", Environment.SEA),
    ],
)
def test_a_recognised_standard_says_where_it_holds(standard: str, environment: Environment) -> None:
    """Matching asks for the environment, so it is filled in when the paper leaves it out."""
    certificate = a_paper(KIND.CERTIFICATE, standard=standard)
    assert certificate.checked(START).environment is environment


def test_a_land_standard_certifies_nothing_at_sea() -> None:
    """A claim that contradicts the standard is refused."""
    certificate = a_paper(KIND.CERTIFICATE, environment=Environment.SEA)
    with pytest.raises(InputRefused, match="Allowed: land"):
        certificate.checked(START)


def test_a_standard_that_is_not_recognised_is_recorded_as_it_is() -> None:
    """ISO 9001 proves nothing to ICoCA, and nothing is read into it."""
    certificate = a_paper(KIND.CERTIFICATE, standard="ISO 9001")
    assert certificate.checked(START) == certificate


def test_only_a_paper_that_still_holds_can_be_verified() -> None:
    """Between recording and verifying it may have run out."""
    recorded = Authorisation(AuthorisationId("aut_1"), a_licence())
    assert recorded.become(AuthorisationStatus.VERIFIED, START).status == "verified"
    with pytest.raises(InputRefused, match="has run out"):
        recorded.become(AuthorisationStatus.VERIFIED, START + YEAR)


def test_a_revoked_paper_stays_revoked() -> None:
    """The lifecycle has no way back."""
    recorded = Authorisation(AuthorisationId("aut_1"), a_licence())
    revoked = recorded.become(AuthorisationStatus.REVOKED, START)
    with pytest.raises(IllegalTransition):
        revoked.become(AuthorisationStatus.VERIFIED, START)
