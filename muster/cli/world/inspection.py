"""The operator's last look: what the system itself says became of everything."""

from collections import Counter

from muster.cli.world.client import Session
from muster.cli.world.ledger import Ledger


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


async def count_notifications(operator: Session) -> Counter[str]:
    """Count the notifications that were sent, by channel."""
    return Counter(
        [
            str(notification["channel"])
            async for notification in operator.pages("/v1/notifications")
            if notification["status"] == "sent"
        ]
    )
