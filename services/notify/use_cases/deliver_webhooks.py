"""Post the webhooks that are due, endpoints side by side, each in order."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import bindparam, update

from muster.storage.store import Store
from muster.storage.unit_of_work import UnitOfWork
from services.notify.domain.delivery import Channel, Outcome, Parcel, Result
from services.notify.domain.endpoint import Endpoint, EndpointStatus, pause_after
from services.notify.tables import ENDPOINTS, webhook_traffic
from services.notify.use_cases.claim_due import Bundle, any_post_due, claim_posts
from services.notify.use_cases.deliver_mail import count, courier_context
from services.notify.use_cases.recording import record_for_sure
from services.notify.use_cases.settle import Reports, settle

log = logging.getLogger(__name__)

_FREE = (
    update(webhook_traffic)
    .where(webhook_traffic.c.webhook_id == bindparam("webhook"))
    .values(busy_until=bindparam("until"), failures=bindparam("failed"))
)
_SIDE_BY_SIDE = 16
_STRAGGLERS_WAITED_FOR = 1.0  # seconds; later ones end on their own, their endpoint is theirs


@dataclass(frozen=True)
class Run:
    """What became of a run of posts to one endpoint: one result for each, in order.

    `gone` says that the endpoint wants no more, ever.
    """

    results: tuple[Result, ...]
    gone: bool = False


class Poster(Protocol):
    """Posts to one endpoint."""

    def post_all(self, endpoint: Endpoint, parcels: Sequence[Parcel]) -> Run:
        """Post in order until one fails; never raise for what the far end does."""
        ...


@dataclass(frozen=True)
class PostRules:
    """What the settings say about webhooks."""

    allowed_attempts: int
    failures_before_disabled: int


def deliver_webhooks(store: Store, poster: Poster, rules: PostRules) -> bool:
    """Claim what is due and serve each endpoint on a thread of its own; return whether any was.

    A slow endpoint holds up nobody: it is waited for only briefly, and until it is done (or its
    lease runs out) nothing else is claimed for it.
    """
    with store.read() as connection:
        if not any_post_due(connection, store.clock.now()):
            return False
    bundles = store.transact(courier_context(store), claim_posts)
    if not bundles:
        return False
    threads = ThreadPoolExecutor(min(_SIDE_BY_SIDE, len(bundles)), "webhook")
    under_way = [threads.submit(_serve, store, poster, rules, bundle) for bundle in bundles]
    wait(under_way, timeout=_STRAGGLERS_WAITED_FOR)
    threads.shutdown(wait=False)
    return True


def _serve(store: Store, poster: Poster, rules: PostRules, bundle: Bundle) -> None:
    """Post one endpoint's bundle and record it. What raises here is tried again after the lease."""
    try:
        run = _post(poster, bundle)
        judged = record_for_sure(
            store, courier_context(store), lambda work: _settle_bundle(work, bundle, run, rules)
        )
        count(Channel.WEBHOOK, judged)
    except Exception:
        log.exception("a run of webhooks broke off", extra={"webhook": bundle.endpoint.webhook_id})


def _post(poster: Poster, bundle: Bundle) -> Run:
    if bundle.endpoint.status is not EndpointStatus.ENABLED:
        gone = Result(Outcome.SUPPRESSED, f"the webhook is {bundle.endpoint.status.value}")
        return Run((gone,) * len(bundle.parcels))
    try:
        return poster.post_all(bundle.endpoint, bundle.parcels)
    except Exception as error:  # counted as a failed attempt, or it would be tried for ever
        log.exception("a poster failed", extra={"webhook": bundle.endpoint.webhook_id})
        failed = Result(Outcome.RETRIED, f"{type(error).__name__}: {error}")
        return Run((failed, *(Result(Outcome.RELEASED),) * (len(bundle.parcels) - 1)))


def _settle_bundle(work: UnitOfWork, bundle: Bundle, run: Run, rules: PostRules) -> Reports:
    failed = next((it for it in run.results if it.outcome is Outcome.RETRIED), None)
    served = any(it.outcome is Outcome.SENT for it in run.results)
    failures = (0 if served else bundle.failures) + (failed is not None)
    results = run.results
    reason = "it answered 410 Gone" if run.gone else ""
    if failed is not None and failures >= rules.failures_before_disabled:
        reason = f"it failed {failures} times in a row, last: {failed.detail}"
        final = Result(Outcome.FAILED, f"the endpoint is disabled: {reason}")
        results = tuple(final if it is failed else it for it in results)
    if reason:
        _disable(work, bundle.endpoint, reason)
    _free(work, bundle.endpoint, failures, failed)
    reports = list(zip(bundle.parcels, results, strict=True))
    return settle(work, Channel.WEBHOOK, reports, rules.allowed_attempts)


def _disable(work: UnitOfWork, endpoint: Endpoint, reason: str) -> None:
    current = ENDPOINTS.get(work.connection, endpoint.webhook_id, lock=True)
    if current.status is EndpointStatus.ENABLED:
        ENDPOINTS.save(work, current.disabled(reason))


def _free(work: UnitOfWork, endpoint: Endpoint, failures: int, failed: Result | None) -> None:
    """Let others call the endpoint again, after a pause if it failed."""
    busy_until = None
    if failed is not None:
        busy_until = work.now + pause_after(failures)
        busy_until = max(busy_until, failed.not_before or busy_until)
    freed = {"webhook": endpoint.webhook_id, "until": busy_until, "failed": failures}
    work.connection.execute(_FREE, freed)
