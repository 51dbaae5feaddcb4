"""Everything that comes into matching as a message, and its timers."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial

from muster.context import Context
from muster.contracts.catalogue import RESTORATIONS
from muster.contracts.dispatch import JobStatusChanged
from muster.contracts.matching import RequestSubmitted
from muster.contracts.registry import CapabilityChanged, EnterpriseChanged, ProviderChanged
from muster.contracts.vocabulary.identifiers import OfferId, OrganisationId, RequestId
from muster.contracts.vocabulary.lifecycle import Actor
from muster.messaging.envelope import Envelope
from muster.service import Kept, Setting, background, publish_again, subscribe, timer
from muster.storage.measures import MEASURE_EVERY, measure_service
from muster.storage.store import Store
from muster.storage.unit_of_work import UnitOfWork
from services.matching import timers
from services.matching.adoptions import is_due, latest_adoption
from services.matching.matcher import matcher_of
from services.matching.measures import measure
from services.matching.settings import MatchingSettings
from services.matching.tables import metadata
from services.matching.use_cases import expire_request as expiry
from services.matching.use_cases.adopt_rule_pack import adopt_rule_pack
from services.matching.use_cases.expire_offer import expire_offer
from services.matching.use_cases.follow_jobs import follow_jobs
from services.matching.use_cases.look_again import look_again
from services.matching.use_cases.project_registry import project_registry
from services.matching.use_cases.recheck_member import recheck_member
from services.matching.use_cases.recheck_request import recheck_request
from services.matching.use_cases.source_requests import source_requests


class MatchingSubscriptions:
    """Matching's ears and clocks."""

    name = "matching"
    settings = Setting(MatchingSettings)
    matcher = Kept(MatchingSettings, matcher_of)
    _rules_used_since: datetime | None = None

    @subscribe("registry", ProviderChanged, EnterpriseChanged, CapabilityChanged, batched=True)
    def project_registry(self, work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        """Keep the newest snapshots of members and capabilities."""
        project_registry(work, [envelope.event for envelope in envelopes])

    @subscribe("sourcing", RequestSubmitted, batched=True)
    def source(self, work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        """Source all new requests of the batch together."""
        causes = {RequestId(envelope.event.subject): envelope for envelope in envelopes}

        def scope(request_id: RequestId) -> AbstractContextManager[None]:
            return work.caused_by(causes[request_id])

        source_requests(work, list(causes), self.matcher, scope)

    @subscribe("jobs", JobStatusChanged, batched=True)
    def follow_jobs(self, work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        """Start, free and close what the jobs say."""
        follow_jobs(work, envelopes)

    @subscribe("restorations", *RESTORATIONS.values(), batched=True)
    def publish_again(self, work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        """Say once more what a queue that was lost may have missed."""
        publish_again(work, metadata, self.name, envelopes)

    @timer(timers.SOURCING)
    def source_again(self, work: UnitOfWork, request_id: str) -> None:
        """Source one request again."""
        source_requests(work, [RequestId(request_id)], self.matcher)

    @timer(timers.LOOK_AGAIN)
    def look_again(self, work: UnitOfWork, request_id: str) -> None:
        """See whether a request that waits for an operator can do without by now."""
        look_again(work, RequestId(request_id), self.matcher)

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

    @timer(timers.MEMBER_RECHECK)
    def recheck_member(self, work: UnitOfWork, organisation_id: str) -> None:
        """Judge again whatever relies on a member of whom something has changed."""
        recheck_member(work, OrganisationId(organisation_id))

    @timer(timers.REQUEST_RECHECK)
    def recheck_request(self, work: UnitOfWork, request_id: str) -> None:
        """Judge again who was asked or has committed."""
        recheck_request(work, RequestId(request_id), self.settings.policy)

    @background("measure-matching", every_seconds=MEASURE_EVERY)
    def measure(self, store: Store) -> bool:
        """Measure how things stand."""
        return measure_service(store, partial(measure, index=self.matcher.index))

    @background("adopt-rule-pack", every_seconds=60)
    def adopt_rule_pack(self, store: Store) -> bool:
        """Judge again who is served, if these rules are not those in force before."""
        if self._rules_used_since is None:
            self._rules_used_since = store.clock.now()
        policy, since = self.settings.policy, self._rules_used_since
        with store.read() as connection:
            if not is_due(latest_adoption(connection), policy.pack.version, since):
                return False
        context = Context(Actor("matching:rules"), correlation_id=policy.pack.version)
        return store.transact(context, lambda work: adopt_rule_pack(work, policy, since))
