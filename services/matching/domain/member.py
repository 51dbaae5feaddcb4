"""What matching knows of members: its projection of the registry."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.contracts.vocabulary.kinds import (
    AuthorisationKind,
    CapabilityKind,
    Environment,
    IcocaClass,
    InsuranceLine,
)
from muster.contracts.vocabulary.statuses import AuthorisationStatus, MemberStatus
from muster.contracts.vocabulary.values import Money, Window

# The papers by which an authority allows work in its country.
LAWFUL = (AuthorisationKind.LICENCE, AuthorisationKind.PERMIT)


@dataclass(frozen=True)
class Paper:
    """A paper as the gate reads it: licence, certificate, ICoCA standing, policy and the like."""

    kind: AuthorisationKind
    status: AuthorisationStatus
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
    armed_excluded: bool = False

    def allows(self, kind: CapabilityKind, country: Country, *, armed: bool) -> bool:
        """Tell whether it allows this work in its own country; see `holds_through` for when."""
        return self.is_given_by(country, kind, armed=armed) and self.counts_in(country)

    def is_given_by(self, state: Country, kind: CapabilityKind, *, armed: bool) -> bool:
        """Tell whether this state allows this work by it, be it at home or abroad."""
        return (
            self.kind in LAWFUL
            and self.jurisdiction == state
            and kind in self.activities
            and (self.armed or not armed)
        )

    def counts_in(self, country: Country) -> bool:
        """Tell whether it holds in this country, as far as it says where it holds."""
        return not self.territory or country in self.territory

    def holds_through(self, window: Window, margin: timedelta = timedelta()) -> bool:
        """Tell whether it is verified and valid for the whole window and this much longer."""
        return (
            self.status is AuthorisationStatus.VERIFIED
            and self.valid.starts_at <= window.starts_at
            and window.ends_at + margin <= self.valid.ends_at
        )

    @cached_property
    def in_words(self) -> str:
        """Return what it is, allows or covers, how far it was checked, and from when to when."""
        valid = f"{self.valid.starts_at.isoformat()} to {self.valid.ends_at.isoformat()}"
        return f"{self.kind}{self._particulars()} {self.status}, {valid}"

    def _particulars(self) -> str:
        if self.kind in LAWFUL:
            armed = "armed " if self.armed else ""
            where = f" in {_listed(self.territory)}" if self.territory else ""
            return f" of {self.jurisdiction} for {armed}{_listed(self.activities)}{where}"
        if self.kind is AuthorisationKind.INSURANCE_POLICY:
            limit = (
                f" up to {self.limit.minor_units} {self.limit.currency} (minor units)"
                if self.limit
                else ""
            )
            arms = ", arms excluded" if self.armed_excluded else ""
            return f" ({_listed(self.lines)}) in {_listed(self.territory)}{limit}{arms}"
        said = {
            AuthorisationKind.CERTIFICATE: f" {self.standard}",
            AuthorisationKind.ICOCA: f" {self.icoca_class}",
            AuthorisationKind.JOINT_VENTURE: f" in {self.jurisdiction}",
        }
        return said.get(self.kind, "")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)) or "none"


@dataclass(frozen=True)
class Member:
    """A member that provides, asks, or both, with the papers that make its work lawful."""

    organisation_id: OrganisationId
    version: int
    name: str
    home_country: Country
    status: MemberStatus
    papers: tuple[Paper, ...] = ()
    conflicts: frozenset[OrganisationId] = frozenset()

    def __hash__(self) -> int:
        """Return a hash that is quick: members that are equal are one, in one version."""
        return hash((self.organisation_id, self.version))

    @property
    def is_active(self) -> bool:
        """Tell whether it may be asked and may answer."""
        return self.status is MemberStatus.ACTIVE
