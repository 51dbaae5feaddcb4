"""Everything that comes in over HTTP: notifications, webhooks, preferences, the live stream."""

import asyncio
import os
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Header, Request
from sqlalchemy import Connection
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from muster.access import Permission
from muster.contracts.vocabulary.identifiers import NotificationId, WebhookId
from muster.storage.unit_of_work import UnitOfWork
from muster.web import Command, Page, Paging, Query, command_in, page_of, query_in, setting
from services.notify import queries
from services.notify.channels.stream import Hub, Reader, reader_of
from services.notify.domain.delivery import NotificationStatus
from services.notify.schemas import (
    NotificationDetail,
    NotificationView,
    PreferencesView,
    RegisteredWebhook,
    RegisterWebhook,
    SetPreferences,
    WebhookView,
)
from services.notify.settings import NotifySettings
from services.notify.use_cases.delete_webhook import delete_webhook
from services.notify.use_cases.register_webhook import register_webhook
from services.notify.use_cases.set_preferences import set_preferences

_GRACE_SECONDS = 30  # for a client that does not even read the end of its stream

router = APIRouter(prefix="/v1", tags=["notifications"])

ReadNotifications = Annotated[Query, query_in("notify", Permission.NOTIFICATIONS_READ)]
ReadWebhooks = Annotated[Query, query_in("notify", Permission.WEBHOOKS_GOVERN)]
GovernWebhooks = Annotated[Command, command_in("notify", Permission.WEBHOOKS_GOVERN)]
ReadPreferences = Annotated[Query, query_in("notify", Permission.PREFERENCES_GOVERN)]
GovernPreferences = Annotated[Command, command_in("notify", Permission.PREFERENCES_GOVERN)]
ReadStream = Annotated[Query, query_in("notify", Permission.STREAM_READ)]
Settings = Annotated[NotifySettings, setting(NotifySettings)]


@router.get("/notifications", response_model=Page[NotificationView])
def list_notifications(
    query: ReadNotifications, paging: Paging, status: NotificationStatus | None = None
) -> Response:
    """List what you were told by e-mail or webhook, newest first."""

    def answer(connection: Connection) -> Page[NotificationView]:
        found = queries.list_notifications(
            connection, query.caller, paging.limit, paging.after, status
        )
        views = [NotificationView.of(row) for row in found]
        return page_of(views, paging.limit, lambda it: it.notification_id)

    return query.answer(answer)


@router.get("/notifications/{notification_id}", response_model=NotificationDetail)
def get_notification(notification_id: NotificationId, query: ReadNotifications) -> Response:
    """Show one notification with its ledger of attempts."""
    return query.answer(
        lambda connection: NotificationDetail.with_ledger(
            *queries.get_notification(connection, query.caller, notification_id)
        )
    )


@router.post("/webhooks", status_code=201, response_model=RegisteredWebhook)
def post_webhook(body: RegisterWebhook, command: GovernWebhooks, settings: Settings) -> Response:
    """Have events posted to you, signed as Standard Webhooks has it."""
    allowed = settings.webhook_allowed_networks

    def register(work: UnitOfWork) -> RegisteredWebhook:
        return RegisteredWebhook.of(
            register_webhook(work, command.caller, body.wanted(), allowed, os.urandom)
        )

    return command.execute(register, replayable=False)


@router.get("/webhooks", response_model=Page[WebhookView])
def list_webhooks(query: ReadWebhooks, paging: Paging) -> Response:
    """List your webhooks, in the order they were registered."""

    def answer(connection: Connection) -> Page[WebhookView]:
        found = queries.list_webhooks(connection, query.caller, paging.limit, paging.after)
        views = [WebhookView.of(endpoint) for endpoint in found]
        return page_of(views, paging.limit, lambda it: it.webhook_id)

    return query.answer(answer)


@router.delete("/webhooks/{webhook_id}", status_code=204)
def remove_webhook(webhook_id: WebhookId, command: GovernWebhooks) -> Response:
    """Delete a webhook; nothing more is posted to it."""
    return command.execute(lambda work: delete_webhook(work, command.caller, webhook_id))


@router.get("/preferences", response_model=PreferencesView)
def get_preferences(query: ReadPreferences) -> Response:
    """Show what comes to your organisation by e-mail."""
    return query.answer(
        lambda connection: PreferencesView.of(queries.get_preferences(connection, query.caller))
    )


@router.put("/preferences", response_model=PreferencesView)
def put_preferences(body: SetPreferences, command: GovernPreferences) -> Response:
    """Choose what comes to your organisation by e-mail; replaces all earlier choices."""
    return command.execute(
        lambda work: PreferencesView.of(set_preferences(work, command.caller, body.email))
    )


class LiveStream(StreamingResponse):
    """Server-sent events from a hub, for as long as the client stays and its time lasts."""

    media_type = "text/event-stream"

    def __init__(self, hub: Hub, reader: Reader, last_event_id: int | None, lasting: float) -> None:
        super().__init__((), headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._hub = hub
        self._reader = reader
        self._last_event_id = last_event_id
        self._lasting = lasting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream; whatever ends it, the hub is left."""
        listener = await self._hub.join(self._reader)
        self.body_iterator = self._hub.events(listener, self._last_event_id, self._lasting)
        try:
            with suppress(ClientDisconnect, TimeoutError):
                async with asyncio.timeout(self._lasting + _GRACE_SECONDS):
                    await super().__call__(scope, receive, send)
        finally:
            self._hub.leave(listener)


@router.get(
    "/stream",
    status_code=200,
    response_class=LiveStream,
    responses={200: {"content": {LiveStream.media_type: {"schema": {"type": "string"}}}}},
)
async def get_stream(
    request: Request,
    query: ReadStream,
    settings: Settings,
    last_event_id: Annotated[int | None, Header(ge=0, lt=2**63)] = None,
) -> Response:
    """Follow your events as they happen (Server-Sent Events).

    After a break, send the id of the last event as `Last-Event-ID`: what came since is sent first.
    The stream ends after a while; come back with a fresh token.
    """
    hub = _hub_of(request, query)
    return LiveStream(hub, reader_of(query.caller), last_event_id, settings.stream_max_seconds)


def _hub_of(request: Request, query: Query) -> Hub:
    """Return the application's one hub. Runs in its event loop, so two cannot come to be."""
    state = request.app.state
    if not hasattr(state, "notify_hub"):
        state.notify_hub = Hub(query.store, stopping=query.stopping)
    hub: Hub = state.notify_hub
    return hub
