"""Authorisations: the papers that make a member's work lawful."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.errors import InputRefused
from muster.contracts.vocabulary.identifiers import AuthorisationId
from muster.contracts.vocabulary.kinds import (
    AuthorisationKind,
    CapabilityKind,
    Environment,
    IcocaClass,
    InsuranceLine,
)
from muster.contracts.vocabulary.statuses import AUTHORISATION, AuthorisationStatus
from muster.contracts.vocabulary.values import Money, Window

# The standards ICoCA recognises, and where each holds. ISO 9001 is none of them.
RECOGNISED_STANDARDS: Mapping[str, Environment] = {
    "PSC.1": Environment.LAND,
    "ISO 18788": Environment.LAND,
    "ISO 28007": Environment.SEA,
}

_TERRITORIAL = {
    "jurisdiction": "the country or region whose authority issued it",
    "activities": "the kinds of work it allows",
}
_PARTICULARS: Mapping[AuthorisationKind, Mapping[str, str]] = {
    AuthorisationKind.LICENCE: _TERRITORIAL,
    AuthorisationKind.PERMIT: _TERRITORIAL,
    AuthorisationKind.ICOCA: {"icoca_class": "the class of membership"},
    AuthorisationKind.CERTIFICATE: {"standard": "the standard it certifies, such as ISO 18788"},
    AuthorisationKind.INSURANCE_POLICY: {
        "limit": "the highest sum it pays",
        "territory": "the countries and regions where it holds",
        "lines": "the lines of insurance it covers, such as liability",
        "armed_excluded": "whether it leaves armed work out: true or false",
    },
    AuthorisationKind.JOINT_VENTURE: {
        "jurisdiction": "the country or region where the local firm is registered",
    },
}

_UNSAID: tuple[object, ...] = (None, "", frozenset())


@dataclass(frozen=True)
class Paper:
    """What a licence, permit, certificate, ICoCA standing, policy or joint venture says.

    The reference of a joint venture is the registration of the local firm.
    """

    kind: AuthorisationKind
    reference: str
    issuer: str
    valid: Window
    jurisdiction: Country | None = None
    activities: frozenset[CapabilityKind] = frozenset()
    armed: bool = False
    environment: Environment | None = None
    standard: str | None = None
    icoca_class: IcocaClass | None = None
    limit: Money | None = None
    territory: frozenset[Country] = frozenset()
    lines: frozenset[InsuranceLine] = frozenset()
    armed_excluded: bool | None = None  # of a policy; None: it does not say, so do not rely on it

    def checked(self, now: datetime) -> "Paper":
        """Return the paper, completed by what its standard implies; raise InputRefused."""
        for field, meaning in _PARTICULARS[self.kind].items():
            if getattr(self, field) in _UNSAID:
                raise InputRefused(field, f"is missing from a paper of kind {self.kind}", meaning)
        self.must_still_hold(now)
        return self._in_the_environment_of_its_standard()

    def must_still_hold(self, now: datetime) -> None:
        """Raise InputRefused if the paper has run out."""
        if self.valid.ends_at <= now:
            raise InputRefused(
                "valid.ends_at",
                f"is {self.valid.ends_at.isoformat()}, so the paper has run out",
                f"a time after {now.isoformat()}; record the paper that replaced it",
            )

    def _in_the_environment_of_its_standard(self) -> "Paper":
        # What ICoCA does not recognise is recorded as it is: it may matter to somebody else.
        implied = RECOGNISED_STANDARDS.get(self.standard or "")
        if implied is None or self.kind is not AuthorisationKind.CERTIFICATE:
            return self
        if self.environment not in (None, implied):
            raise InputRefused("environment", f"does not fit the standard {self.standard}", implied)
        return replace(self, environment=implied)


@dataclass(frozen=True)
class Authorisation:
    """A paper on record, and how far it can be relied on."""

    authorisation_id: AuthorisationId
    paper: Paper
    status: AuthorisationStatus = AuthorisationStatus.RECORDED

    @property
    def is_live(self) -> bool:
        """Tell whether the paper may count, now or once it is verified."""
        return not AUTHORISATION.is_final(self.status)

    def become(self, wanted: AuthorisationStatus, now: datetime) -> "Authorisation":
        """Return the authorisation after this step.

        Raises IllegalTransition, or InputRefused when a paper to be verified has run out.
        """
        AUTHORISATION.check(self.status, wanted)
        if wanted is AuthorisationStatus.VERIFIED:
            self.paper.must_still_hold(now)
        return replace(self, status=wanted)
