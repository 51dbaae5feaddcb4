"""The one policy layer: who may do what. Deny by default; every route names its permission."""

from dataclasses import dataclass
from enum import StrEnum

from muster.contracts.vocabulary.errors import Forbidden, NotFound
from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.contracts.vocabulary.kinds import Role
from muster.contracts.vocabulary.lifecycle import Actor


class Permission(StrEnum):
    """Everything that can be allowed. The value is also the OAuth 2 scope."""

    ORGANISATIONS_READ = "organisations:read"
    ORGANISATIONS_GOVERN = "organisations:govern"
    ORGANISATIONS_WITHDRAW = "organisations:withdraw"
    CONFLICTS_DECLARE = "conflicts:declare"
    AUTHORISATIONS_RECORD = "authorisations:record"
    AUTHORISATIONS_VERIFY = "authorisations:verify"
    API_CLIENTS_GOVERN = "api-clients:govern"
    CAPABILITIES_READ = "capabilities:read"
    CAPABILITIES_PUBLISH = "capabilities:publish"
    REQUESTS_SUBMIT = "requests:submit"
    REQUESTS_READ = "requests:read"
    REQUESTS_STEER = "requests:steer"  # approve, cancel
    OFFERS_READ = "offers:read"
    OFFERS_ANSWER = "offers:answer"
    REVIEWS_READ = "reviews:read"  # and flags, and which rules are in force
    REVIEWS_DECIDE = "reviews:decide"
    RULES_READ = "rules:read"
    JOBS_READ = "jobs:read"
    JOBS_REPORT = "jobs:report"
    INCIDENTS_REPORT = "incidents:report"
    INCIDENTS_STEER = "incidents:steer"
    NOTIFICATIONS_READ = "notifications:read"
    WEBHOOKS_GOVERN = "webhooks:govern"
    PREFERENCES_GOVERN = "preferences:govern"
    STREAM_READ = "stream:read"


_OWN_AFFAIRS = frozenset(
    {
        Permission.ORGANISATIONS_READ,
        Permission.ORGANISATIONS_WITHDRAW,
        Permission.CONFLICTS_DECLARE,
        Permission.AUTHORISATIONS_RECORD,
        Permission.OFFERS_READ,
        Permission.OFFERS_ANSWER,
        Permission.RULES_READ,
        Permission.JOBS_READ,
        Permission.INCIDENTS_REPORT,
        Permission.NOTIFICATIONS_READ,
        Permission.WEBHOOKS_GOVERN,
        Permission.PREFERENCES_GOVERN,
        Permission.STREAM_READ,
    }
)

POLICY: dict[Role, frozenset[Permission]] = {
    Role.ENTERPRISE: _OWN_AFFAIRS
    | {
        Permission.REQUESTS_SUBMIT,
        Permission.REQUESTS_READ,
        Permission.REQUESTS_STEER,
        Permission.INCIDENTS_STEER,
    },
    Role.PROVIDER: _OWN_AFFAIRS
    | {
        Permission.CAPABILITIES_READ,
        Permission.CAPABILITIES_PUBLISH,
        Permission.JOBS_REPORT,
    },
    # Operators watch and steer; they never submit a request or answer an offer for a member.
    Role.OPERATOR: frozenset(Permission) - {Permission.REQUESTS_SUBMIT, Permission.OFFERS_ANSWER},
}


@dataclass(frozen=True)
class Caller:
    """An authenticated API client. An operator belongs to no member organisation."""

    client_id: str
    role: Role
    organisation_id: OrganisationId | None = None

    @property
    def actor(self) -> Actor:
        """Return how the record names this caller."""
        return Actor(f"{self.role}:{self.client_id}", self.organisation_id)

    @property
    def is_operator(self) -> bool:
        """Tell whether the caller may see everybody's affairs."""
        return self.role is Role.OPERATOR

    def require(self, permission: Permission) -> None:
        """Pass silently, or raise Forbidden."""
        if permission not in POLICY[self.role]:
            raise Forbidden(
                f"A client of role {self.role} may not do {permission}. "
                "Use a client whose role allows it, or ask an operator."
            )

    def own_organisation(self) -> OrganisationId:
        """Return the caller's organisation; raise Forbidden for a caller without one."""
        if self.organisation_id is None:
            raise Forbidden("An operator has no organisation of its own; name one instead.")
        return self.organisation_id

    def must_see(self, thing: str, identifier: str, *owners: str | None) -> None:
        """Raise NotFound unless the caller is an operator or belongs to one of the owners."""
        if not self.is_operator and self.organisation_id not in owners:
            raise NotFound(thing, identifier)
