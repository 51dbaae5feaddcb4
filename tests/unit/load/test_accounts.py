"""The account of a load finds what is lost, doubled or too much: else it would prove nothing."""

from pathlib import Path

import pytest

from muster.contracts.catalogue import OWNERS
from muster.messaging.topology import Subscription
from muster.storage.store import Store
from services.dispatch.tables import metadata as dispatch
from services.matching.tables import metadata as matching
from services.notify.tables import metadata as notify
from services.registry.tables import metadata as registry
from tests.events import SOMEBODY, an_event
from tests.load import Accounting, Goal, Ledger, Received, latencies
from tests.load import ledger as said
from tests.load.accounting import compare
from tests.stores import memory_store

TABLES = {"registry": registry, "matching": matching, "dispatch": dispatch, "notify": notify}


@pytest.fixture
def stores() -> dict[str, Store]:
    """Empty stores of all services."""
    return {service: memory_store(service, TABLES[service]) for service in OWNERS}


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A ledger of one request that was sent and answered."""
    path = tmp_path / "ledger.jsonl"
    with Ledger(path) as ledger:
        ledger.note(said.DUE, key="run-1", due=100.0)
        ledger.note(said.ACKNOWLEDGED, key="run-1", request="req_1", due=100.0, at=100.5)
    return path


def keep_request(store: Store, request_id: str, status: str, reference: str) -> None:
    """Let matching have a request for two guards."""
    document = f'{{"reference": "{reference}", "needs": [{{"need_id": "ned_1", "quantity": 2}}]}}'
    keep(
        store,
        "requests",
        request_id=request_id,
        version=1,
        document=document,
        enterprise_id="org_1",
        status=status,
    )


def keep_offer(store: Store, offer_id: str, quantity: int) -> None:
    """Let somebody be committed to the need."""
    keep(
        store,
        "offers",
        offer_id=offer_id,
        version=1,
        document="{}",
        request_id="req_1",
        need_id="ned_1",
        enterprise_id="org_1",
        provider_id="org_2",
        quantity=quantity,
        status="committed",
    )


def keep(store: Store, table: str, **values: object) -> None:
    """Insert a row."""
    with store.begin(SOMEBODY) as work:
        work.connection.execute(store.metadata.tables[table].insert(), values)


def accounts(ledger: Path, stores: dict[str, Store]) -> Accounting:
    """Compare them, with an empty broker."""
    heard = [Subscription("matching", "papers", (type(an_event()),))]
    return compare(ledger, stores, heard, Goal.CLOSED, None, ({}, {}))


def test_all_is_well_if_what_was_answered_came_to_its_end(
    ledger: Path, stores: dict[str, Store]
) -> None:
    """One request, closed, and as many guards as it asked for."""
    keep_request(stores["matching"], "req_1", "closed", "run-1")
    keep_offer(stores["matching"], "off_1", 2)

    accounts(ledger, stores).assert_nothing_lost()


def test_what_is_not_there_or_not_at_its_end_is_lost(
    ledger: Path, stores: dict[str, Store]
) -> None:
    """Each by its name."""
    assert accounts(ledger, stores).lost == ("req_1 (run-1) is not there",)

    keep_request(stores["matching"], "req_1", "sourcing", "run-1")
    assert accounts(ledger, stores).lost == ("req_1 (run-1) is still sourcing",)


def test_answers_that_left_no_trace_are_lost(ledger: Path, stores: dict[str, Store]) -> None:
    """An acceptance and a report that were answered 2xx."""
    keep_request(stores["matching"], "req_1", "closed", "run-1")
    with Ledger(ledger) as more:
        more.note(said.ACCEPTED, offer="off_1", request="req_1")
        more.note(said.STEP, job="job_1", step="completed")

    assert accounts(ledger, stores).lost == (
        "the answer that off_1 is accepted",
        "the step of job_1 to completed",
    )


def test_two_requests_under_one_key_are_doubled(ledger: Path, stores: dict[str, Store]) -> None:
    """And one that nobody sent is unexpected."""
    keep_request(stores["matching"], "req_1", "closed", "run-1")
    keep_request(stores["matching"], "req_2", "closed", "run-1")
    keep_request(stores["matching"], "req_3", "closed", "run-7")
    found = accounts(ledger, stores)

    assert found.doubled == ("2 requests under the key run-1",)
    assert found.unexpected == ("['req_3'] of run-7, which nobody sent",)


def test_a_step_that_was_taken_twice_is_doubled(ledger: Path, stores: dict[str, Store]) -> None:
    """An effect that happened twice."""
    keep_request(stores["matching"], "req_1", "closed", "run-1")
    for _ in range(2):
        with stores["dispatch"].begin(SOMEBODY) as work:
            work.remember_step("job", "job_1", "released", "completed")

    assert accounts(ledger, stores).doubled == ("job job_1 became completed 2 times",)


def test_a_need_filled_beyond_its_quantity_is_overbooked(
    ledger: Path, stores: dict[str, Store]
) -> None:
    """Two guards were asked for."""
    keep_request(stores["matching"], "req_1", "closed", "run-1")
    keep_offer(stores["matching"], "off_1", 2)
    keep_offer(stores["matching"], "off_2", 1)

    assert accounts(ledger, stores).overbooked == ("ned_1 wants 2 and has 3",)


def test_events_that_nobody_took_are_undelivered(ledger: Path, stores: dict[str, Store]) -> None:
    """Though they have left the outbox, or not."""
    keep_request(stores["matching"], "req_1", "closed", "run-1")
    with stores["registry"].begin(SOMEBODY) as work:
        work.record(an_event())
    found = accounts(ledger, stores)

    assert found.undelivered == {"matching.papers": 1}
    assert found.outbox_backlog == 1
    with pytest.raises(AssertionError, match="undelivered"):
        found.assert_nothing_lost()


def test_what_reaches_the_outside_again_is_told_by_its_id() -> None:
    """Under the same id it is repeated; the same content under another is doubled."""
    received = Received()
    body = b'{"type": "t", "data": {"n": 1}, "timestamp": "now"}'
    received.webhook("/1", "ntf_1", body)
    received.webhook("/2", "ntf_2", body)
    received.webhook("/1", "ntf_1", body)
    assert (received.repeated, received.doubled) == ({"webhooks": 1}, ())

    received.webhook("/1", "ntf_3", body)
    assert received.doubled == ("webhooks ['ntf_1', 'ntf_3']",)


def test_time_is_counted_from_when_a_request_was_due(ledger: Path) -> None:
    """Not from when it was sent."""
    assert latencies(ledger)["submit"].p99 == 0.5
    assert latencies(ledger, since=101) == {}
