"""Where an e-mail goes, decided when it is sent, so that the latest address is used."""

from dataclasses import dataclass

from muster.contracts.vocabulary.kinds import ContactPurpose
from muster.contracts.vocabulary.statuses import MemberStatus
from services.notify.domain.audience import OPERATORS
from services.notify.domain.delivery import Outcome, Result

_GONE = frozenset({MemberStatus.WITHDRAWN, MemberStatus.EXPELLED})


@dataclass(frozen=True)
class Contact:
    """How a member can be reached."""

    status: MemberStatus
    operations_email: str
    emergency_email: str


def address_of(
    audience: str, mailbox: ContactPurpose, contact: Contact | None, operator_email: str | None
) -> str | Result:
    """Return the address, or the result of not having one.

    A member that has left or was expelled is told nothing more, except what concerns lives.
    """
    if audience == OPERATORS:
        return operator_email or Result(
            Outcome.SUPPRESSED, "operators have no e-mail address: set MUSTER_OPERATOR_EMAIL"
        )
    if contact is None:
        return Result(Outcome.RETRIED, "the member's address is not known here yet")
    if mailbox is ContactPurpose.EMERGENCY:
        return contact.emergency_email
    if contact.status in _GONE:
        return Result(Outcome.SUPPRESSED, f"the member is {contact.status.value}")
    return contact.operations_email
