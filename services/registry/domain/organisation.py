"""Organisations: the members of the alliance, together with the papers that make them lawful."""

from dataclasses import dataclass, replace
from datetime import datetime

from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.errors import Conflict, InputRefused, NotFound
from muster.contracts.vocabulary.identifiers import AuthorisationId, OrganisationId
from muster.contracts.vocabulary.kinds import Role
from muster.contracts.vocabulary.statuses import MEMBER, AuthorisationStatus, MemberStatus
from services.registry.domain.authorisation import Authorisation, Paper

# Every change is published as a full snapshot, which has to stay a message of modest size.
MOST_LIVE_AUTHORISATIONS = 200
MOST_CONFLICTS = 200


@dataclass(frozen=True)
class Profile:
    """Who an organisation is and how to reach it."""

    name: str
    home_country: Country
    roles: frozenset[Role]
    operations_email: str
    emergency_email: str
    registration_number: str


@dataclass(frozen=True)
class Organisation:
    """A member, from its application on."""

    organisation_id: OrganisationId
    profile: Profile
    status: MemberStatus = MemberStatus.APPLIED
    authorisations: tuple[Authorisation, ...] = ()
    conflicts: frozenset[OrganisationId] = frozenset()  # whom it must not serve or be served by
    version: int = 1

    @property
    def has_left(self) -> bool:
        """Tell whether it is no longer a member and never will be again."""
        return MEMBER.is_final(self.status)

    def become(self, wanted: MemberStatus) -> "Organisation":
        """Return the organisation after this step; raise IllegalTransition."""
        MEMBER.check(self.status, wanted)
        return replace(self, status=wanted, version=self.version + 1)

    def must_be_active(self, purpose: str) -> None:
        """Raise Conflict unless the organisation is an active member."""
        if self.status is not MemberStatus.ACTIVE:
            raise Conflict(
                f"Only an active member may {purpose}; this organisation is {self.status}. "
                "Ask an operator to activate it."
            )

    def authorisation(self, authorisation_id: AuthorisationId) -> Authorisation:
        """Return one of its authorisations; raise NotFound."""
        for authorisation in self.authorisations:
            if authorisation.authorisation_id == authorisation_id:
                return authorisation
        raise NotFound("authorisation", authorisation_id)

    def record(
        self, authorisation_id: AuthorisationId, paper: Paper, now: datetime
    ) -> "Organisation":
        """Return the organisation with one paper more, yet to be verified.

        Raises InputRefused for a paper that cannot count, Conflict when no more may be recorded.
        """
        self._must_still_belong()
        if sum(a.is_live for a in self.authorisations) >= MOST_LIVE_AUTHORISATIONS:
            raise Conflict(
                f"An organisation may have {MOST_LIVE_AUTHORISATIONS} papers recorded or verified "
                "at a time. Ask an operator to revoke those that no longer matter."
            )
        recorded = Authorisation(authorisation_id, paper.checked(now))
        return self._with((*self.authorisations, recorded))

    def move_authorisation(
        self, authorisation_id: AuthorisationId, wanted: AuthorisationStatus, now: datetime
    ) -> "Organisation":
        """Return the organisation after one of its authorisations took this step.

        Raises NotFound, IllegalTransition, InputRefused when a paper to be verified has run out,
        or Conflict for a former member.
        """
        self._must_still_belong()
        moved = self.authorisation(authorisation_id).become(wanted, now)
        return self._with(
            tuple(
                moved if known.authorisation_id == authorisation_id else known
                for known in self.authorisations
            )
        )

    def declare_conflicts(self, others: frozenset[OrganisationId]) -> "Organisation":
        """Return the organisation with exactly these conflicts of interest.

        Raises InputRefused for a conflict with itself, or Conflict for a former member.
        """
        self._must_still_belong()
        if self.organisation_id in others:
            raise InputRefused(
                "organisation_ids", "names the organisation itself", "ids of other organisations"
            )
        return replace(self, conflicts=others, version=self.version + 1)

    def _must_still_belong(self) -> None:
        if self.has_left:
            raise Conflict(
                f"What is known of an organisation that is {self.status} does not change any more. "
                "Let it apply again."
            )

    def _with(self, authorisations: tuple[Authorisation, ...]) -> "Organisation":
        return replace(self, authorisations=authorisations, version=self.version + 1)
