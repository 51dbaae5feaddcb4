"""Everything that reaches notify as a message, and what it does in the background."""

from collections.abc import Sequence
from datetime import timedelta

from muster.contracts.catalogue import EVENT_TYPES, RESTORATIONS
from muster.contracts.registry import EnterpriseChanged, MemberSnapshot, ProviderChanged
from muster.messaging.envelope import Envelope
from muster.observability.tracing import current_tracer
from muster.service import Setting, background, publish_again, subscribe
from muster.storage.measures import MEASURE_EVERY, measure_service
from muster.storage.store import Store
from muster.storage.unit_of_work import UnitOfWork
from services.notify.channels.email import open_mailer
from services.notify.channels.webhook import WebhookPoster
from services.notify.measures import measure
from services.notify.settings import NotifySettings
from services.notify.tables import metadata
from services.notify.use_cases.announce import announce
from services.notify.use_cases.deliver_mail import MailRules, courier_context, deliver_mail
from services.notify.use_cases.deliver_webhooks import PostRules, deliver_webhooks
from services.notify.use_cases.project_member import project_member
from services.notify.use_cases.prune_stream import prune_stream
from services.notify.wording import wording


class NotifySubscriptions:
    """Tells people what happened."""

    name = "notify"
    settings = Setting(NotifySettings)

    @subscribe("members", ProviderChanged, EnterpriseChanged)
    def keep_addresses(self, work: UnitOfWork, envelope: Envelope) -> None:
        """Keep how members can be reached."""
        if isinstance(envelope.event, MemberSnapshot):
            project_member(work, envelope.event)

    @subscribe("news", *EVENT_TYPES.values(), batched=True)
    def tell(self, work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        """Write down who is to be told of these events; every type is heard here."""
        announce(work, envelopes, wording())

    @subscribe("restorations", *RESTORATIONS.values(), batched=True)
    def publish_again(self, work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        """Say once more what a queue that was lost may have missed."""
        publish_again(work, metadata, self.name, envelopes)

    @background("deliver-mail", every_seconds=0.2)
    def deliver_mail(self, store: Store) -> bool:
        """Send e-mails that are due."""
        rules = MailRules(
            self.settings.operator_email,
            self.settings.notification_max_attempts,
        )
        return deliver_mail(store, open_mailer(self.settings, current_tracer()), rules)

    @background("deliver-webhooks", every_seconds=0.2)
    def deliver_webhooks(self, store: Store) -> bool:
        """Post webhooks that are due."""
        settings = self.settings
        poster = WebhookPoster(
            settings.webhook_allowed_networks,
            settings.webhook_timeout_seconds,
            store.clock.now,
            tracer=current_tracer(),
        )
        rules = PostRules(
            settings.notification_max_attempts,
            settings.webhook_failures_before_disabled,
        )
        return deliver_webhooks(store, poster, rules)

    @background("measure-notify", every_seconds=MEASURE_EVERY)
    def measure(self, store: Store) -> bool:
        """Measure how things stand."""
        return measure_service(store, measure)

    @background("prune-stream", every_seconds=600)
    def prune_stream(self, store: Store) -> bool:
        """Forget entries of the live stream that nobody comes back for."""
        before = store.clock.now() - timedelta(days=self.settings.stream_retention_days)
        return store.transact(courier_context(store), lambda work: prune_stream(work, before))
