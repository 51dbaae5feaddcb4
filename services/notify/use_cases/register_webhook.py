"""Register a place that events are to be posted to."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import insert

from muster.access import Caller
from muster.contracts.vocabulary.errors import Conflict, InputRefused
from muster.contracts.vocabulary.identifiers import Prefix, WebhookId
from muster.contracts.vocabulary.kinds import Role
from muster.storage.unit_of_work import UnitOfWork
from services.notify.domain.audience import AUDIENCE, OPERATORS, may_see
from services.notify.domain.endpoint import (
    MOST_ENDPOINTS,
    Endpoint,
    EndpointStatus,
    Network,
    check_url,
)
from services.notify.tables import ENDPOINTS, webhook_traffic, webhooks

_SECRET_BYTES = 32


class UnknownEventType(InputRefused):
    """A webhook asked for events that its owner can never see."""


@dataclass(frozen=True)
class NewWebhook:
    """Where to post, and which event types (none: all that the owner may see)."""

    url: str
    event_types: tuple[str, ...] = ()


def register_webhook(
    work: UnitOfWork,
    caller: Caller,
    wanted: NewWebhook,
    allowed: tuple[Network, ...],
    entropy: Callable[[int], bytes],
) -> Endpoint:
    """Return the new endpoint with its secret, which is shown only now."""
    audience = caller.organisation_id or OPERATORS
    check_url(wanted.url, allowed)
    _check_types(caller.role, wanted.event_types)
    own = ENDPOINTS.list(
        work.connection,
        webhooks.c.audience == audience,
        webhooks.c.status != EndpointStatus.DELETED.value,
    )
    if len(own) >= MOST_ENDPOINTS:
        raise Conflict(f"You have {MOST_ENDPOINTS} webhooks, the most there may be; delete one.")
    endpoint = Endpoint(
        webhook_id=WebhookId(work.ids.new(Prefix.WEBHOOK)),
        audience=audience,
        role=caller.role,
        url=wanted.url,
        secret=f"whsec_{b64encode(entropy(_SECRET_BYTES)).decode()}",
        event_types=tuple(sorted(set(wanted.event_types))),
        created_at=work.now,
    )
    ENDPOINTS.add(work, endpoint)
    work.connection.execute(
        insert(webhook_traffic), {"webhook_id": endpoint.webhook_id, "failures": 0}
    )
    return endpoint


def _check_types(role: Role, event_types: tuple[str, ...]) -> None:
    visible = sorted(name for name in AUDIENCE if may_see(name, role))
    if unknown := sorted(set(event_types) - set(visible)):
        raise UnknownEventType(
            "event_types",
            f"names what a client of role {role} can never receive: {', '.join(unknown)}",
            f"{', '.join(visible)}; or none, for all of these",
        )
