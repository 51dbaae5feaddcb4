"""Mail servers and webhook endpoints: what reached them, how often, and whether it should have."""

from collections.abc import Sequence
from typing import Any

from services.notify.domain.delivery import Outcome, Parcel, Result
from services.notify.domain.endpoint import Endpoint
from services.notify.use_cases.deliver_mail import Letter
from services.notify.use_cases.deliver_webhooks import Run
from tests.simulation.faults import Faults


class FarEnd:
    """Takes e-mails and webhooks. Nothing may reach it twice, unless its sender cannot know."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.arrived: dict[str, object] = {}  # what, by id
        self._unsure: set[str] = set()  # whoever sent it was not told, or did not live to note it
        self._in_hand: list[str] = []

    def begin_round(self) -> None:
        """Note that what arrives from now on is in the hands of one courier."""
        self._in_hand = []

    def courier_died(self) -> None:
        """Note that whatever the courier sent was perhaps not written down."""
        self._unsure.update(self._in_hand)

    def send(self, letters: Sequence[Letter]) -> list[Result]:
        """Take e-mails, as a mail server that may fail."""
        results: list[Result] = []
        for letter in letters:
            content = (letter.address, letter.title, letter.body)
            results.append(self._take(letter.notification_id, content))
            if results[-1].outcome is not Outcome.SENT:
                break
        return results + [Result(Outcome.RELEASED)] * (len(letters) - len(results))

    def post_all(self, endpoint: Endpoint, parcels: Sequence[Parcel]) -> Run:
        """Take webhooks, as an endpoint that may fail."""
        results: list[Result] = []
        for parcel in parcels:
            content = (endpoint.webhook_id, parcel.event_id, parcel.body)
            results.append(self._take(parcel.notification_id, content))
            if results[-1].outcome is not Outcome.SENT:
                break
        released = [Result(Outcome.RELEASED)] * (len(parcels) - len(results))
        return Run((*results, *released))

    def _take(self, identifier: str, content: Any) -> Result:
        faults = self._faults
        faults.may_kill("before sending")
        if faults.strikes("far end: refused", faults.climate.far_ends / 2):
            return Result(Outcome.RETRIED, "try later")
        self._arrive(identifier, content)
        faults.may_kill("after sending")
        if faults.strikes("far end: took it, and was not heard", faults.climate.far_ends / 2):
            self._unsure.add(identifier)
            return Result(Outcome.RETRIED, "no answer in time")
        return Result(Outcome.SENT, "taken")

    def _arrive(self, identifier: str, content: object) -> None:
        if identifier in self.arrived:
            assert self.arrived[identifier] == content, f"{identifier} came with another content"
            assert identifier in self._unsure, f"{identifier} was sent twice for no reason"
        self.arrived[identifier] = content
        self._unsure.discard(identifier)
        self._in_hand.append(identifier)
