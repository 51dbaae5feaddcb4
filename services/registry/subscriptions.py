"""Everything that comes into the registry as a message, and its timers."""

from collections.abc import Sequence

from muster.contracts.catalogue import RESTORATIONS
from muster.contracts.vocabulary.identifiers import AuthorisationId, OrganisationId
from muster.messaging.envelope import Envelope
from muster.service import background, publish_again, subscribe, timer
from muster.storage.measures import MEASURE_EVERY, measure_service
from muster.storage.store import Store
from muster.storage.unit_of_work import UnitOfWork
from services.registry.tables import metadata
from services.registry.use_cases.expire_authorisation import expire_authorisation
from services.registry.use_cases.expiry import EXPIRY_TIMER
from services.registry.use_cases.restate_member import RESTATEMENT_TIMER, restate_member


class RegistrySubscriptions:
    """The registry as nameko runs it."""

    name = "registry"

    @subscribe("restorations", *RESTORATIONS.values(), batched=True)
    def publish_again(self, work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        """Say once more what a queue that was lost may have missed."""
        publish_again(work, metadata, self.name, envelopes)

    @timer(EXPIRY_TIMER)
    def end_authorisation(self, work: UnitOfWork, subject: str) -> None:
        """End a verified authorisation whose paper has run out."""
        expire_authorisation(work, AuthorisationId(subject))

    @timer(RESTATEMENT_TIMER)
    def restate_member(self, work: UnitOfWork, subject: str) -> None:
        """Say a member again after an upgrade that has others keep more of it."""
        restate_member(work, OrganisationId(subject))

    @background("measure-registry", every_seconds=MEASURE_EVERY)
    def measure(self, store: Store) -> bool:
        """Measure how things stand."""
        return measure_service(store)
