"""Who may register what, and who gets what."""

import pytest

from muster.access import Caller
from muster.contracts.vocabulary.errors import Conflict, NotFound
from muster.storage.store import Store
from services.notify.domain.endpoint import (
    MOST_ENDPOINTS,
    EgressRefused,
)
from services.notify.tables import webhooks
from services.notify.use_cases.delete_webhook import delete_webhook
from services.notify.use_cases.register_webhook import (
    UnknownEventType,
)
from tests.unit.notify.builders import (
    CONTEXT,
    PRINCIPAL,
    PROVIDER,
    every_event,
    offer_sent,
    request_confirmed,
    rows_of,
    tell,
)
from tests.unit.notify.desk import OF_ENTERPRISE, OF_PROVIDER, OF_STRANGER, OPERATOR
from tests.unit.notify.hook_server import HookServer
from tests.unit.notify.posting import deliver, posts_of, register, statuses


def test_each_endpoint_gets_what_its_owner_may_see_and_asked_for(
    shared_store: Store, hook: HookServer
) -> None:
    """Operators may see all; a provider never the principal."""
    register(shared_store, hook.url, OF_PROVIDER)
    register(shared_store, hook.url, OF_STRANGER)
    asked = "muster.dispatch.incident.reported.v1"
    picky = register(shared_store, hook.url, OF_ENTERPRISE, asked)
    watching = register(shared_store, hook.url, OPERATOR)
    tell(shared_store, *every_event().values())
    by_target: dict[str, set[str]] = {}
    for row in posts_of(shared_store):
        by_target.setdefault(row.target, set()).add(row.event_type)
        assert row.audience != PROVIDER or PRINCIPAL.name not in row.body
    assert by_target[picky.webhook_id] == {asked}
    assert by_target[watching.webhook_id] == set(every_event())
    assert len(by_target) == 3


def test_a_deleted_webhook_gets_nothing_more_and_its_secret_is_forgotten(
    shared_store: Store, hook: HookServer
) -> None:
    """Not even what was waiting."""
    endpoint = register(shared_store, hook.url)
    tell(shared_store, offer_sent())

    def delete(caller: Caller) -> None:
        shared_store.transact(
            CONTEXT, lambda work: delete_webhook(work, caller, endpoint.webhook_id)
        )

    with pytest.raises(NotFound):
        delete(OF_ENTERPRISE)
    delete(OF_PROVIDER)
    with pytest.raises(NotFound):
        delete(OF_PROVIDER)
    deliver(shared_store)
    assert (statuses(shared_store), hook.posts) == (["suppressed"], [])
    assert endpoint.secret not in rows_of(shared_store, webhooks)[0].document


def test_a_webhook_cannot_ask_for_what_its_owner_may_not_see(shared_store: Store) -> None:
    """The refusal names what it may."""
    confirmed = request_confirmed().event_type
    with pytest.raises(UnknownEventType, match=r"job\.opened"):
        register(shared_store, "https://example.com/", OF_PROVIDER, confirmed)
    register(shared_store, "https://example.com/", OF_ENTERPRISE, confirmed)


def test_an_endpoint_inside_is_refused_when_it_is_registered(shared_store: Store) -> None:
    """Rather than failing later."""
    with pytest.raises(EgressRefused):
        register(shared_store, "https://10.0.0.1/hook")


def test_there_is_a_limit_to_how_many_webhooks_one_may_have(shared_store: Store) -> None:
    """Each costs something at every event."""
    for _ in range(MOST_ENDPOINTS):
        register(shared_store, "https://example.com/")
    with pytest.raises(Conflict, match="delete one"):
        register(shared_store, "https://example.com/")
