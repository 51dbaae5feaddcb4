"""Everything that comes into matching as a message, and its timers."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from muster.contracts.dispatch import JobStatusChanged
from muster.contracts.matching import RequestSubmitted
from muster.contracts.registry import CapabilityChanged, ProviderChanged
from muster.contracts.vocabulary.identifiers import OfferId, OrganisationId, RequestId
from muster.messaging.envelope import Envelope
from muster.service import Setting, subscribe, timer
from muster.storage.unit_of_work import UnitOfWork
from services.matching import timers
from services.matching.settings import MatchingSettings
from services.matching.use_cases import expire_request as expiry
from services.matching.use_cases.expire_offer import expire_offer
from services.matching.use_cases.follow_job import follow_job
from services.matching.use_cases.lose_provider import lose_provider
from services.matching.use_cases.project_registry import project_registry
from services.matching.use_cases.source_requests import source_requests


class MatchingSubscriptions:
    """Matching's ears and clocks."""

    name = "matching"
    settings = Setting(MatchingSettings)

    @subscribe("registry", ProviderChanged, CapabilityChanged, batched=True)
    def project_registry(self, work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        """Keep the newest snapshots of providers and capabilities."""
        project_registry(work, [envelope.event for envelope in envelopes])

    @subscribe("sourcing", RequestSubmitted, batched=True)
    def source(self, work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        """Source all new requests of the batch together."""
        causes = {RequestId(envelope.event.subject): envelope for envelope in envelopes}

        def scope(request_id: RequestId) -> AbstractContextManager[None]:
            return work.caused_by(causes[request_id])

        source_requests(work, list(causes), self.settings.patience, scope)

    @subscribe("jobs", JobStatusChanged)
    def follow_job(self, work: UnitOfWork, envelope: Envelope) -> None:
        """Start, free and close what the jobs say."""
        if isinstance(envelope.event, JobStatusChanged):
            follow_job(work, envelope.event)

    @timer(timers.SOURCING)
    def source_again(self, work: UnitOfWork, request_id: str) -> None:
        """Source one request again."""
        source_requests(work, [RequestId(request_id)], self.settings.patience)

    @timer(timers.OFFER_EXPIRY)
    def expire_offer(self, work: UnitOfWork, offer_id: str) -> None:
        """Let an unanswered offer lapse."""
        expire_offer(work, OfferId(offer_id))

    @timer(timers.APPROVAL_EXPIRY)
    def expire_approval(self, work: UnitOfWork, request_id: str) -> None:
        """Let an unapproved proposal lapse."""
        expiry.expire_approval(work, RequestId(request_id))

    @timer(timers.REQUEST_EXPIRY)
    def expire_request(self, work: UnitOfWork, request_id: str) -> None:
        """Let a request lapse whose window has ended."""
        expiry.expire_request(work, RequestId(request_id))

    @timer(timers.PROVIDER_LOST)
    def lose_provider(self, work: UnitOfWork, provider_id: str) -> None:
        """Take back what an inactive provider had open."""
        lose_provider(work, OrganisationId(provider_id))
