"""The operator's last look: what the system itself says became of everything."""

from collections import Counter
from collections.abc import Container
from datetime import datetime

from muster.cli.world.client import Session
from muster.cli.world.ledger import Ledger, instant


async def look_at_requests(operator: Session, ledger: Ledger) -> None:
    """Give every trace the operator's view of its request."""
    async for view in operator.pages("/v1/requests"):
        if (trace := ledger.requests.get(str(view["request_id"]))) is not None:
            trace.view = view


async def count_offers(operator: Session, ledger: Ledger) -> Counter[str]:
    """Count the offers made for our requests, by status."""
    return Counter(
        [
            str(offer["status"])
            async for offer in operator.pages("/v1/offers")
            if offer["request_id"] in ledger.requests
        ]
    )


async def count_reviews(operator: Session, providers: Container[str]) -> Counter[str]:
    """Count the reviews about these organisations, by status."""
    return Counter(
        [
            str(review["status"])
            async for review in operator.pages("/v1/reviews")
            if review["provider_id"] in providers
        ]
    )


async def count_notifications(operator: Session, since: datetime) -> Counter[str]:
    """Count the notifications that were called for since then and sent, by channel."""
    counted: Counter[str] = Counter()
    async for notification in operator.pages("/v1/notifications"):  # newest first
        if instant(notification["created_at"]) < since:
            break
        if notification["status"] == "sent":
            counted[str(notification["channel"])] += 1
    return counted
