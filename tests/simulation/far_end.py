"""Mail servers and webhook endpoints: what reached them, how often, and whether it should have."""

from collections.abc import Callable, Iterable, Sequence

from services.notify.domain.delivery import Outcome, Parcel, Result
from services.notify.domain.endpoint import Endpoint
from services.notify.use_cases.deliver_mail import Letter
from services.notify.use_cases.deliver_webhooks import Run
from tests.simulation.faults import Breaches, Faults


class FarEnd:
    """Takes e-mails and webhooks. Nothing may reach it twice, unless its sender cannot know."""

    def __init__(self, faults: Faults, breaches: Breaches) -> None:
        self.faults = faults
        self.arrived: dict[str, object] = {}  # what, by id
        self._breaches = breaches
        self._unsure: set[str] = set()  # whoever sent it was not told, or did not live to note it

    def arrive(self, identifier: str, content: object) -> None:
        """Take a notification."""
        if identifier in self.arrived:
            known = self.arrived[identifier]
            self._breaches.unless(known == content, f"{identifier} came with another content")
            unsure = identifier in self._unsure
            self._breaches.unless(unsure, f"{identifier} was sent twice for no reason")
        self.arrived[identifier] = content
        self._unsure.discard(identifier)

    def not_noted(self, identifiers: Iterable[str]) -> None:
        """Note that perhaps nobody has written down that these were sent."""
        self._unsure.update(identifiers)


class Courier:
    """One round of deliveries, by mail or by webhook. While it waits, `meanwhile` happens."""

    def __init__(self, far_end: FarEnd, meanwhile: Callable[[], None]) -> None:
        self._far_end = far_end
        self._meanwhile = meanwhile
        self._sent: list[str] = []

    def send(self, letters: Sequence[Letter]) -> list[Result]:
        """Send e-mails to a mail server that may fail."""
        results: list[Result] = []
        for letter in letters:
            content = (letter.address, letter.title, letter.body)
            results.append(self._send(letter.notification_id, content))
            if results[-1].outcome is not Outcome.SENT:
                break
        return results + [Result(Outcome.RELEASED)] * (len(letters) - len(results))

    def post_all(self, endpoint: Endpoint, parcels: Sequence[Parcel]) -> Run:
        """Post to an endpoint that may fail."""
        results: list[Result] = []
        for parcel in parcels:
            content = (endpoint.webhook_id, parcel.event_id, parcel.body)
            results.append(self._send(parcel.notification_id, content))
            if results[-1].outcome is not Outcome.SENT:
                break
        released = [Result(Outcome.RELEASED)] * (len(parcels) - len(results))
        return Run((*results, *released))

    def died(self) -> None:
        """Note that whatever it sent was perhaps not written down."""
        self._far_end.not_noted(self._sent)

    def _send(self, identifier: str, content: object) -> Result:
        faults = self._far_end.faults
        self._meanwhile()
        faults.may_kill("before sending")
        if faults.strikes("far end: refused", faults.climate.far_ends / 2):
            return Result(Outcome.RETRIED, "try later")
        self._far_end.arrive(identifier, content)
        self._sent.append(identifier)
        self._meanwhile()
        faults.may_kill("after sending")
        if faults.strikes("far end: took it, and was not heard", faults.climate.far_ends / 2):
            self._far_end.not_noted([identifier])
            return Result(Outcome.RETRIED, "no answer in time")
        return Result(Outcome.SENT, "taken")
