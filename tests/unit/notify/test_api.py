"""Notify over HTTP."""

from collections.abc import Iterator

import pytest
from standardwebhooks import Webhook

from muster.access import Caller
from muster.contracts.vocabulary.kinds import Role
from muster.storage.store import Store
from services.notify.channels.email import NoMailer
from services.notify.use_cases.deliver_mail import MailRules, deliver_mail
from tests.http_client import client_of
from tests.unit.notify.builders import (
    PROVIDER,
    check_in_missed,
    known,
    offer_sent,
    snapshot,
    store_of_notify,
    tell,
)
from tests.unit.notify.desk import OF_ENTERPRISE, OF_PROVIDER, OF_STRANGER, OPERATOR, Desk

CHECK_IN_MISSED = "muster.dispatch.check-in.missed.v1"
OFFER_SENT = "muster.matching.offer.sent.v1"


@pytest.fixture
def store() -> Store:
    """An empty store."""
    return store_of_notify()


@pytest.fixture
def desk(store: Store) -> Iterator[Desk]:
    """A running application."""
    desk = Desk(store)
    with client_of(desk.app) as desk.client:
        yield desk


def test_everybody_lists_their_own_notifications_and_operators_all(
    desk: Desk, store: Store
) -> None:
    """A stranger's are not there."""
    tell(store, offer_sent(), check_in_missed())

    def count(caller: Caller) -> int:
        return len(desk.ask("GET", "/v1/notifications", caller=caller).json()["items"])

    assert [count(it) for it in (OF_PROVIDER, OF_ENTERPRISE, OF_STRANGER, OPERATOR)] == [2, 1, 0, 3]


def test_notifications_come_newest_first_page_by_page(desk: Desk, store: Store) -> None:
    """Each exactly once."""
    tell(store, *(offer_sent() for _ in range(5)))
    seen: list[str] = []
    path = "/v1/notifications?limit=2"
    while True:
        page = desk.ask("GET", path).json()
        seen += [it["notification_id"] for it in page["items"]]
        if page["next_cursor"] is None:
            break
        path = f"/v1/notifications?limit=2&cursor={page['next_cursor']}"
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 5


def test_one_notification_shows_what_was_tried(desk: Desk, store: Store) -> None:
    """To its owner and to operators; to nobody else."""
    known(store, snapshot(PROVIDER))
    tell(store, offer_sent())
    deliver_mail(store, NoMailer(), MailRules(None, 3))
    found = desk.ask("GET", "/v1/notifications?status=suppressed").json()["items"][0]
    path = f"/v1/notifications/{found['notification_id']}"
    detail = desk.ask("GET", path).json()
    assert (detail["channel"], detail["target"], detail["due_at"]) == ("email", "operations", None)
    assert [line["outcome"] for line in detail["ledger"]] == ["suppressed"]
    assert desk.ask("GET", path, caller=OF_STRANGER).status_code == 404
    assert desk.ask("GET", path, caller=OPERATOR).status_code == 200
    assert desk.ask("GET", "/v1/notifications/ntf_none").status_code == 404


def test_a_webhooks_secret_is_shown_once(desk: Desk) -> None:
    """At registration, and never again."""
    body = {"url": "https://example.com/in", "event_types": [OFFER_SENT]}
    answer = desk.ask("POST", "/v1/webhooks", body)
    assert answer.status_code == 201
    made = answer.json()
    Webhook(made["secret"])
    assert made["secret"].startswith("whsec_")
    [listed] = desk.ask("GET", "/v1/webhooks").json()["items"]
    assert listed == {name: value for name, value in made.items() if name != "secret"}


def test_a_webhook_is_deleted_by_its_owner_only(desk: Desk) -> None:
    """A stranger cannot tell that it exists."""
    made = desk.ask("POST", "/v1/webhooks", {"url": "https://example.com/in"}).json()
    path = f"/v1/webhooks/{made['webhook_id']}"
    assert desk.ask("DELETE", path, caller=OF_STRANGER).status_code == 404
    assert desk.ask("DELETE", path).status_code == 204
    assert desk.ask("DELETE", path).status_code == 404
    assert desk.ask("GET", "/v1/webhooks").json()["items"] == []


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://169.254.169.254/latest", "not a public address"),
        ("http://example.com/in", "Use https"),
        ("https://localhost:22/in", "Port 22"),
    ],
)
def test_a_forbidden_address_is_refused_with_what_to_do(desk: Desk, url: str, says: str) -> None:
    """As a problem document."""
    answer = desk.ask("POST", "/v1/webhooks", {"url": url})
    assert answer.status_code == 422
    assert says in answer.json()["detail"]


def test_preferences_show_every_mailed_type_and_what_cannot_be_silenced(desk: Desk) -> None:
    """Before anything was chosen, all are on."""
    view = desk.ask("GET", "/v1/preferences").json()
    assert set(view["email"].values()) == {"on"}
    assert CHECK_IN_MISSED in view["always_sent"]
    chosen = desk.ask("PUT", "/v1/preferences", {"email": {OFFER_SENT: "off"}})
    assert chosen.status_code == 200
    assert desk.ask("GET", "/v1/preferences").json() == chosen.json()
    assert chosen.json()["email"][OFFER_SENT] == "off"
    others = desk.ask("GET", "/v1/preferences", caller=OF_ENTERPRISE).json()
    assert others["email"][OFFER_SENT] == "on"


def test_silencing_missed_check_ins_is_refused_with_the_reason(desk: Desk) -> None:
    """And changes nothing."""
    answer = desk.ask("PUT", "/v1/preferences", {"email": {CHECK_IN_MISSED: "off"}})
    assert answer.status_code == 422
    assert "may be in danger" in answer.json()["detail"]
    assert set(desk.ask("GET", "/v1/preferences").json()["email"].values()) == {"on"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/webhooks", {"url": "https://example.com/", "sekret": "x"}),
        ("POST", "/v1/webhooks", {}),
        ("POST", "/v1/webhooks", {"url": "https://example.com/", "event_types": ["nonsense"]}),
        ("PUT", "/v1/preferences", {"email": {OFFER_SENT: "sometimes"}}),
        ("GET", "/v1/notifications?status=lost", None),
    ],
)
def test_odd_input_is_a_problem_document(
    desk: Desk, method: str, path: str, body: dict[str, object] | None
) -> None:
    """Never an error of ours."""
    answer = desk.ask(method, path, body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_no_route_answers_without_a_token(desk: Desk) -> None:
    """The live stream included."""
    for path in ("notifications", "notifications/ntf_1", "webhooks", "preferences", "stream"):
        assert desk.client.get(f"/v1/{path}").status_code == 401


def test_operators_have_preferences_and_webhooks_of_their_own(desk: Desk) -> None:
    """They belong to no organisation."""
    made = desk.ask("POST", "/v1/webhooks", {"url": "https://example.com/o"}, OPERATOR).json()
    assert made["organisation_id"] is None
    assert desk.ask("GET", "/v1/webhooks").json()["items"] == []
    watcher = Caller("cli_other_operator", Role.OPERATOR)
    assert len(desk.ask("GET", "/v1/webhooks", caller=watcher).json()["items"]) == 1
