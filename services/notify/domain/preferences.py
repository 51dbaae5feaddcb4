"""What an organisation wants by e-mail, and what it cannot switch off."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from muster.contracts.vocabulary.errors import InputRefused
from services.notify.domain.audience import (
    AUDIENCE,
    CHECK_IN_MISSED,
    INCIDENT_REPORTED,
    must_arrive,
)
from services.notify.domain.occurrence import Occurrence

MAILED_TYPES = tuple(sorted(name for name, rule in AUDIENCE.items() if rule.mails))


class MailChoice(StrEnum):
    """Whether an event type comes by e-mail."""

    ON = "on"
    OFF = "off"
    EXTREME_ONLY = "extreme_only"  # incidents only


class PreferenceRefused(InputRefused):
    """This choice would silence what must be heard, or names something that does not exist."""

    def __init__(self, event_type: str, problem: str, allowed: str = "") -> None:
        super().__init__(f"email.{event_type}", problem, allowed)


@dataclass(frozen=True)
class Preferences:
    """The choices of one audience; what is not chosen is on."""

    audience: str
    email: Mapping[str, MailChoice]
    version: int = 1

    def choice(self, event_type: str) -> MailChoice:
        """Return whether this type comes by e-mail."""
        return self.email.get(event_type, MailChoice.ON)

    def wants(self, occurrence: Occurrence) -> bool:
        """Tell whether this event goes out by e-mail; what must arrive always does."""
        return self.choice(occurrence.event_type) is MailChoice.ON or must_arrive(occurrence)

    def chosen(self, email: Mapping[str, MailChoice]) -> "Preferences":
        """Return these preferences with all choices replaced; raise PreferenceRefused."""
        for event_type, choice in email.items():
            _check(event_type, choice)
        kept = {name: email[name] for name in sorted(email) if email[name] is not MailChoice.ON}
        return replace(self, email=kept, version=self.version + 1)


def _check(event_type: str, choice: MailChoice) -> None:
    if event_type not in MAILED_TYPES:
        raise PreferenceRefused(event_type, "never comes by e-mail", ", ".join(MAILED_TYPES))
    if choice is MailChoice.ON:
        return
    if event_type == CHECK_IN_MISSED:
        raise PreferenceRefused(
            event_type,
            "cannot be switched off: a team that does not answer may be in danger, and somebody "
            "must find out",
            "on; if it reaches the wrong people, have the emergency mailbox of your organisation "
            "changed",
        )
    if event_type == INCIDENT_REPORTED and choice is MailChoice.OFF:
        raise PreferenceRefused(
            event_type,
            "cannot be switched off altogether: an incident of severity extreme, such as an SOS, "
            "means lives at risk",
            f"on, or {MailChoice.EXTREME_ONLY.value} to silence the lesser ones",
        )
    if event_type != INCIDENT_REPORTED and choice is MailChoice.EXTREME_ONLY:
        raise PreferenceRefused(
            event_type, "has no severity", f"on, off ({choice.value} is for {INCIDENT_REPORTED})"
        )
