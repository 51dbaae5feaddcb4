"""API clients: the programs that act for a member, or for the operators."""

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from muster.contracts.vocabulary.errors import InputRefused
from muster.contracts.vocabulary.identifiers import ApiClientId, OrganisationId
from muster.contracts.vocabulary.kinds import Role
from muster.contracts.vocabulary.lifecycle import Lifecycle
from services.registry.domain.organisation import Organisation


class ApiClientStatus(StrEnum):
    """Whether a client may still get tokens."""

    ISSUED = "issued"
    REVOKED = "revoked"


API_CLIENT = Lifecycle(
    "client",
    {
        ApiClientStatus.ISSUED: frozenset({ApiClientStatus.REVOKED}),
        ApiClientStatus.REVOKED: frozenset(),
    },
)


@dataclass(frozen=True)
class ApiClient:
    """A client and what is kept of its secret.

    Secrets hold 256 random bits, so a plain SHA-256 keeps them: ASVS 5.0, 6.5.2 asks for a slow
    password hash only below 112 bits.
    """

    client_id: ApiClientId
    organisation_id: OrganisationId | None
    role: Role
    name: str
    secret_sha256: str
    issued_at: datetime
    status: ApiClientStatus = ApiClientStatus.ISSUED
    version: int = 1

    @property
    def is_live(self) -> bool:
        """Tell whether it has not been revoked."""
        return self.status is ApiClientStatus.ISSUED

    def knows(self, secret: str) -> bool:
        """Tell, in a time that does not depend on the answer, whether this is its secret."""
        return hmac.compare_digest(self.secret_sha256, sha256_of(secret))

    def revoke(self) -> "ApiClient":
        """Return the client revoked for good; raise IllegalTransition."""
        API_CLIENT.check(self.status, ApiClientStatus.REVOKED)
        return replace(self, status=ApiClientStatus.REVOKED, version=self.version + 1)


def sha256_of(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def must_fit(role: Role, organisation: Organisation | None) -> None:
    """Pass silently if a client of this role may act for this organisation.

    Raises InputRefused for a role that does not fit, Conflict for a member that is not active.
    """
    if role is Role.OPERATOR:
        if organisation is not None:
            raise InputRefused("organisation_id", "is not for a client of operators", "null")
        return
    if organisation is None:
        raise InputRefused(
            "organisation_id", f"is missing for a client of role {role}", "the member it acts for"
        )
    if role not in organisation.profile.roles:
        allowed = ", ".join(sorted(organisation.profile.roles))
        raise InputRefused("role", f"is {role}, which the organisation is not", allowed)
    organisation.must_be_active("have API clients")
