"""From events to what has to be told."""

import json

from muster.contracts.vocabulary.statuses import MemberStatus
from services.notify.tables import members, notifications, stream_entries
from tests.unit.notify.builders import (
    ENTERPRISE,
    PROVIDER,
    check_in_missed,
    every_event,
    known,
    offer_sent,
    rows_of,
    snapshot,
    store_of_notify,
    tell,
)


def test_a_redelivered_event_tells_nobody_twice() -> None:
    """Not in the next batch, and not within one."""
    store = store_of_notify()
    envelopes = tell(store, offer_sent(), check_in_missed())
    before = rows_of(store, notifications), rows_of(store, stream_entries)
    tell(store, *envelopes, *envelopes)
    assert (rows_of(store, notifications), rows_of(store, stream_entries)) == before
    assert len(before[0]) == 3
    assert len(before[1]) == 2


def test_every_event_is_on_the_live_stream_once_with_those_who_may_see_it() -> None:
    """Operators need no mark: they see all."""
    store = store_of_notify()
    tell(store, *every_event().values())
    entries = {row.event_type: row for row in rows_of(store, stream_entries)}
    assert set(entries) == set(every_event())
    sent = entries["muster.matching.offer.sent.v1"]
    assert (sent.enterprise_id, sent.provider_id) == (ENTERPRISE, PROVIDER)
    confirmed = entries["muster.matching.request.confirmed.v1"]
    assert (confirmed.enterprise_id, confirmed.provider_id) == (ENTERPRISE, None)
    failed = entries["muster.notify.notification.failed.v1"]
    assert (failed.enterprise_id, failed.provider_id) == (None, None)


def test_a_stream_entry_says_what_happened_to_what_and_when() -> None:
    """The body is the data of the server-sent event."""
    store = store_of_notify()
    tell(store, offer_sent())
    body = json.loads(rows_of(store, stream_entries)[0].body)
    assert set(body) == {"event_type", "subject", "occurred_at", "event"}
    assert body["subject"] == body["event"]["offer_id"] == "off_1"


def test_an_older_snapshot_of_a_member_changes_nothing() -> None:
    """Snapshots may come late or twice."""
    store = store_of_notify()
    known(store, snapshot(version=2, status=MemberStatus.SUSPENDED), snapshot(version=1))
    known(store, snapshot(version=2, name="again"))
    row = rows_of(store, members)[0]
    assert (row.version, row.status, row.name) == (2, "suspended", "enterprise")


def test_a_newer_snapshot_replaces_the_address() -> None:
    """The projection follows the registry."""
    store = store_of_notify()
    known(store, snapshot(version=1), snapshot(version=2, operations_email="new@enterprise.test"))
    assert rows_of(store, members)[0].operations_email == "new@enterprise.test"
