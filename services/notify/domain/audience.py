"""The one table that says who sees which event, and whom an e-mail goes to.

Operators see every event. A member sees an event through its live stream and its webhooks if the
table names its side of the affair. An e-mail goes only where a person must act or must know.

A provider never learns the principal from an event: `request.confirmed` carries the principal and
`request.proposed` the other providers, so both are for the enterprise; a provider hears
`offer.committed` and `job.opened` instead. Nor does it learn before commitment who asks: in an
offer's other events the enterprise stays unnamed towards it.

An enterprise learns which rules a provider no longer passes, but not what was found about it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from muster.contracts.vocabulary.kinds import ContactPurpose, Role
from muster.contracts.vocabulary.statuses import IncidentSeverity, JobStatus
from services.notify.domain.occurrence import Occurrence

OPERATORS = "operators"  # the audience that is no organisation

CHECK_IN_MISSED = "muster.dispatch.check-in.missed.v1"
INCIDENT_REPORTED = "muster.dispatch.incident.reported.v1"

_ENDED = frozenset({JobStatus.COMPLETED, JobStatus.ABORTED, JobStatus.CANCELLED})


class Party(StrEnum):
    """A side of an affair."""

    ENTERPRISE = "enterprise"
    PROVIDER = "provider"
    MEMBER = "member"  # the organisation an event of the registry is about
    OPERATORS = "operators"


def always(_: Occurrence) -> bool:
    """Hold for every event of the type."""
    return True


def job_has_ended(occurrence: Occurrence) -> bool:
    """Hold when the job was completed, aborted or cancelled."""
    return occurrence.status in _ENDED


def second_in_a_row(occurrence: Occurrence) -> bool:
    """Hold from the second check-in missed without one received in between."""
    return occurrence.missed >= 2


@dataclass(frozen=True)
class Mail:
    """An e-mail to one party, into one of its mailboxes, when the condition holds."""

    to: Party
    mailbox: ContactPurpose = ContactPurpose.OPERATIONS
    when: Callable[[Occurrence], bool] = always


@dataclass(frozen=True)
class Rule:
    """Which members' sides see an event, and who gets an e-mail."""

    seen_by: frozenset[Party]
    mails: tuple[Mail, ...] = ()
    unnamed: bool = False  # towards the provider, the enterprise stays unnamed
    discreet: bool = False  # towards the enterprise, what was found about the provider is left out


def _told(*seen_by: Party, mail: tuple[Mail, ...] = ()) -> Rule:
    return Rule(frozenset(seen_by), mail)


def _of_an_offer(*mail: Mail) -> Rule:
    return Rule(frozenset({Party.ENTERPRISE, Party.PROVIDER}), mail, unnamed=True)


def _of_a_flag(*mail: Mail) -> Rule:
    return Rule(frozenset({Party.ENTERPRISE, Party.PROVIDER}), mail, discreet=True)


_E, _P, _M, _O = Party.ENTERPRISE, Party.PROVIDER, Party.MEMBER, Party.OPERATORS
_URGENT = ContactPurpose.EMERGENCY

AUDIENCE: dict[str, Rule] = {
    # registry
    "muster.registry.provider.changed.v1": _told(_M),
    "muster.registry.enterprise.changed.v1": _told(_M),
    "muster.registry.capability.changed.v1": _told(_P),
    "muster.registry.authorisation.expired.v1": _told(_M, mail=(Mail(_M), Mail(_O))),
    # matching: requests are the enterprise's affair alone
    "muster.matching.request.submitted.v1": _told(_E),
    "muster.matching.request.proposed.v1": _told(_E, mail=(Mail(_E),)),
    "muster.matching.request.confirmed.v1": _told(_E, mail=(Mail(_E),)),
    "muster.matching.request.started.v1": _told(_E),
    "muster.matching.request.closed.v1": _told(_E),
    "muster.matching.request.cancelled.v1": _told(_E, mail=(Mail(_E),)),
    "muster.matching.request.expired.v1": _told(_E, mail=(Mail(_E),)),
    "muster.matching.request.unfilled.v1": _told(_E, mail=(Mail(_E),)),
    # matching: offers are between the two sides
    "muster.matching.offer.sent.v1": _of_an_offer(Mail(_P)),
    "muster.matching.offer.accepted.v1": _of_an_offer(),
    "muster.matching.offer.declined.v1": _of_an_offer(),
    "muster.matching.offer.countered.v1": _of_an_offer(Mail(_E)),
    "muster.matching.offer.expired.v1": _of_an_offer(),
    "muster.matching.offer.withdrawn.v1": _of_an_offer(),
    "muster.matching.offer.committed.v1": _told(_E, _P),
    "muster.matching.offer.released.v1": _of_an_offer(),
    # matching: who is committed and no longer passes concerns both sides, and operators at once
    "muster.matching.assignment.flagged.v1": _of_a_flag(Mail(_O, _URGENT), Mail(_E), Mail(_P)),
    "muster.matching.assignment.cleared.v1": _of_a_flag(Mail(_O), Mail(_E), Mail(_P)),
    # matching: what the rules leave open is for operators alone
    "muster.matching.review.opened.v1": _told(mail=(Mail(_O),)),
    "muster.matching.review.decided.v1": _told(),
    "muster.matching.rule_pack.adopted.v1": _told(mail=(Mail(_O),)),
    # dispatch
    "muster.dispatch.job.opened.v1": _told(_E, _P, mail=(Mail(_P),)),
    "muster.dispatch.job-status.changed.v1": _told(_E, _P, mail=(Mail(_E, when=job_has_ended),)),
    "muster.dispatch.job.delayed.v1": _told(_E, _P),
    "muster.dispatch.position.reported.v1": _told(_E, _P),
    "muster.dispatch.check-in.received.v1": _told(_E, _P),
    CHECK_IN_MISSED: _told(
        _E, _P, mail=(Mail(_E, _URGENT), Mail(_P, _URGENT), Mail(_O, _URGENT, second_in_a_row))
    ),
    INCIDENT_REPORTED: _told(_E, _P, mail=(Mail(_E, _URGENT), Mail(_O, _URGENT))),
    "muster.dispatch.incident-status.changed.v1": _told(_E, _P),
    # notify
    "muster.notify.notification.failed.v1": _told(mail=(Mail(_O),)),
    # the machinery's own: a queue was lost and made anew
    "muster.registry.subscription.restored.v1": _told(),
    "muster.matching.subscription.restored.v1": _told(),
    "muster.dispatch.subscription.restored.v1": _told(),
    "muster.notify.subscription.restored.v1": _told(),
}


def may_see(event_type: str, role: Role) -> bool:
    """Tell whether clients of this role may see such events at all, of their organisation's."""
    seen_by = AUDIENCE[event_type].seen_by
    return role is Role.OPERATOR or _M in seen_by or Party(role.value) in seen_by


def hidden_from(role: Role, event_type: str) -> frozenset[str]:
    """Return which fields of such an event a client of this role does not get to see.

    ``findings.fact`` is the field `fact` of each of the findings.
    """
    rule = AUDIENCE.get(event_type)
    if rule is None:
        return frozenset()
    if rule.unnamed and role is Role.PROVIDER:
        return frozenset({"enterprise_id"})
    if rule.discreet and role is Role.ENTERPRISE:
        return frozenset({"findings.fact"})
    return frozenset()


def without(hidden: frozenset[str], said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an event says, as plain JSON, without these fields."""
    left = {name: value for name, value in said.items() if name not in hidden}
    for path in hidden:
        name, _, part = path.partition(".")
        if part and name in left:
            left[name] = [without(frozenset({part}), each) for each in left[name]]
    return left


def readers(occurrence: Occurrence) -> dict[Role, str]:
    """Return which organisation may see this event through clients of which role.

    What is about a member as such is seen in both roles. Operators see all and are not listed.
    """
    found = {}
    for role in (Role.ENTERPRISE, Role.PROVIDER):
        if may_see(occurrence.event_type, role):
            own = _M if _M in _rule(occurrence).seen_by else Party(role.value)
            organisation = _organisation(occurrence, own)
            if organisation is not None:
                found[role] = organisation
    return found


def mailboxes(occurrence: Occurrence) -> tuple[tuple[str, ContactPurpose], ...]:
    """Return (audience, mailbox) of each e-mail this event calls for, before preferences."""
    found = (
        (OPERATORS if mail.to is _O else _organisation(occurrence, mail.to), mail.mailbox)
        for mail in _rule(occurrence).mails
        if mail.when(occurrence)
    )
    return tuple(
        dict.fromkeys((audience, mailbox) for audience, mailbox in found if audience is not None)
    )


def must_arrive(occurrence: Occurrence) -> bool:
    """Tell whether lives may hang on this event, so that no preference silences it."""
    return occurrence.event_type == CHECK_IN_MISSED or (
        occurrence.event_type == INCIDENT_REPORTED
        and occurrence.severity is IncidentSeverity.EXTREME
    )


def _rule(occurrence: Occurrence) -> Rule:
    return AUDIENCE[occurrence.event_type]


def _organisation(occurrence: Occurrence, party: Party) -> str | None:
    if party is Party.ENTERPRISE:
        return occurrence.enterprise_id
    return occurrence.provider_id if party is Party.PROVIDER else occurrence.member_id
