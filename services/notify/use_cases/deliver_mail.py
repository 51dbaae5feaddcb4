"""Send the e-mails that are due: claim, send outside of any transaction, record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from muster.context import Context
from muster.contracts.vocabulary.kinds import ContactPurpose
from muster.contracts.vocabulary.lifecycle import Actor
from muster.observability.metrics_of_work import NOTIFICATIONS
from muster.storage.store import Store
from services.notify.domain.addressing import Contact, address_of
from services.notify.domain.delivery import Channel, Outcome, Parcel, Result
from services.notify.use_cases.claim_due import CLAIM, any_letter_due, claim_letters
from services.notify.use_cases.recording import record_for_sure
from services.notify.use_cases.settle import Reports, settle


@dataclass(frozen=True)
class Letter:
    """An e-mail ready to go. The id is stable over all attempts."""

    notification_id: str
    address: str
    title: str
    body: str
    written_at: datetime
    traceparent: str | None = None


class Mailer(Protocol):
    """Sends e-mails over one connection."""

    def send(self, letters: Sequence[Letter]) -> list[Result]:
        """Return one result per letter, in order; never raise for what the far end does."""
        ...


@dataclass(frozen=True)
class MailRules:
    """What the settings say about e-mail."""

    operator_email: str | None
    allowed_attempts: int


def deliver_mail(store: Store, mailer: Mailer, rules: MailRules) -> bool:
    """Send one batch; return whether there may be more at once.

    A crash after sending and before recording leaves a lease that runs out; the e-mail then goes
    out again under the same Message-ID.
    """
    with store.read() as connection:
        if not any_letter_due(connection, store.clock.now()):
            return False
    context = courier_context(store)
    claimed = store.transact(context, claim_letters)
    reports = _send(claimed, mailer, rules)
    judged = record_for_sure(
        store,
        context,
        lambda work: settle(work, Channel.EMAIL, reports, rules.allowed_attempts),
    )
    count(Channel.EMAIL, judged)
    return len(claimed) == CLAIM


def courier_context(store: Store) -> Context:
    """Return who acts when something is delivered."""
    return Context(Actor(f"{store.service}:courier"), correlation_id=store.service)


def count(channel: Channel, reports: Reports) -> None:
    """Count what was attempted; called after the commit."""
    for _, result in reports:
        if result.outcome is not Outcome.RELEASED:
            NOTIFICATIONS.labels(channel.value, result.outcome.value).inc()


def _send(
    claimed: Sequence[tuple[Parcel, Contact | None]], mailer: Mailer, rules: MailRules
) -> Reports:
    addressed: list[tuple[Parcel, str]] = []
    reports: list[tuple[Parcel, Result]] = []
    for parcel, contact in claimed:
        mailbox = ContactPurpose(parcel.target)
        found = address_of(parcel.audience, mailbox, contact, rules.operator_email)
        if isinstance(found, Result):
            reports.append((parcel, found))
        else:
            addressed.append((parcel, found))
    letters = [
        Letter(it.notification_id, address, it.title, it.body, it.created_at, it.traceparent)
        for it, address in addressed
    ]
    sent = mailer.send(letters) if letters else []
    reports.extend((parcel, result) for (parcel, _), result in zip(addressed, sent, strict=True))
    return reports
