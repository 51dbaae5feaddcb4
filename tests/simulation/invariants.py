"""What must hold at every instant, and what must hold once everything has come to rest."""

from collections import defaultdict
from typing import Any, cast

from sqlalchemy import Connection

from muster.contracts.vocabulary.statuses import (
    JOB,
    OFFER,
    REQUEST,
    JobStatus,
    OfferStatus,
    RequestStatus,
)
from services.matching import tables as matching
from services.matching.engine.law.rules import RulePack
from services.matching.queries import overbooked
from tests.simulation.lawfulness import check_lawful
from tests.simulation.machinery import Machinery
from tests.simulation.people import People

BINDING = (OfferStatus.ACCEPTED, OfferStatus.COMMITTED)
ENDED = ", ".join(f"'{s.value}'" for s in RequestStatus if REQUEST.is_final(s))
FILLED = """
SELECT need_id, sum(quantity) FROM offers WHERE status IN ('accepted', 'committed') GROUP BY 1
"""
KEPT_BY_THE_ENDED = f"""
SELECT b.booking_id, r.status FROM bookings b JOIN requests r USING (request_id)
WHERE b.status <> 'released' AND r.status IN ({ENDED})
"""
WAITING_OFFERS = "SELECT offer_id FROM offers WHERE status = 'sent'"
TAKEN = "SELECT count(*) FROM bookings WHERE status <> 'released'"
UNSETTLED = "SELECT count(*) FROM notifications WHERE settled_at IS NULL"
SENT = "SELECT notification_id FROM notifications WHERE status = 'sent'"
UNPUBLISHED = "SELECT count(*) FROM outbox_messages WHERE published_at IS NULL"
ASKED_AGAIN = "SELECT event_types FROM republications"

# Copies of what others own; an older version never overwrites a newer one. By service and table.
COPIES = {
    ("matching", "members"): "SELECT organisation_id, version FROM members",
    ("matching", "capabilities"): "SELECT capability_id, version FROM capabilities",
    ("matching", "jobs"): "SELECT job_id, version FROM jobs",
    ("notify", "members"): "SELECT organisation_id, version FROM members",
    ("dispatch", "flags"): "SELECT request_id || provider_id, version FROM flags",
}


class Invariants:
    """Looks after every step at whatever that step has written."""

    def __init__(self, machinery: Machinery, people: People | None = None) -> None:
        self.people = people
        self._machinery = machinery
        self._heard: dict[tuple[str, str, str], int] = {}
        self._looked_at: set[str] = set()  # offers
        self._packs: list[RulePack] = []  # that were in use when the last step began

    def check_now(self) -> None:
        """No capability is over capacity, no need is filled beyond what was asked for it.

        What has ended holds nothing, nothing that was heard is overwritten by something older, and
        nobody is asked who may not serve. A worker may have been replaced in the very step in which
        it asked, so the rules of before the step are good, too.
        """
        self._machinery.breaches.check()
        for service, engine in self._machinery.databases.engines.items():
            if not engine.written:
                continue
            written = frozenset(engine.written)
            engine.written.clear()
            for table in sorted(written):
                if (service, table) in COPIES:
                    self._check_versions(service, table)
            if service == "matching":
                self._check_matching(written)
        self._packs = self._packs_in_use()

    def _check_versions(self, service: str, table: str) -> None:
        for identifier, version in self._ask(service, COPIES[service, table]):
            key = (service, table, identifier)
            assert version >= self._heard.get(key, 0), f"{key} went back"
            self._heard[key] = version

    def _check_matching(self, written: frozenset[str]) -> None:
        with self._machinery.databases.engines["matching"].connect() as thin:
            connection = cast(Connection, thin)
            if "bookings" in written:
                over = overbooked(connection)
                assert not over, f"overbooked: {over}"
            if written & {"bookings", "requests"}:
                kept = self._ask("matching", KEPT_BY_THE_ENDED)
                assert not kept, f"capacity is still taken by what has ended: {kept}"
            if "offers" in written:
                self._check_filled()
                self._check_asked(connection)

    def _check_filled(self) -> None:
        for need_id, quantity in self._ask("matching", FILLED):
            assert self.people is not None
            assert quantity <= self.people.asked[need_id], f"{need_id} is filled with {quantity}"

    def _check_asked(self, connection: Connection) -> None:
        for (offer_id,) in self._ask("matching", WAITING_OFFERS):
            if offer_id not in self._looked_at:
                self._looked_at.add(offer_id)
                offer = matching.OFFERS.get(connection, offer_id)
                check_lawful(connection, offer, [*self._packs, *self._packs_in_use()])

    def _packs_in_use(self) -> list[RulePack]:
        workers = self._machinery.workers
        return [
            worker.instance.settings.policy.pack
            for worker in workers
            if worker.service == "matching"
        ]

    def check_at_rest(self) -> None:
        """Every request has ended, whoever had to be told was, and nothing is held any more."""
        machinery, people = self._machinery, self.people
        assert people is not None
        assert machinery.dead_letters() == []
        machinery.ledger.check_complete()
        for service in machinery.databases.engines:
            assert self._ask(service, UNPUBLISHED) == [(0,)], f"{service} has not said all"
            assert not self._ask(service, ASKED_AGAIN), f"{service} was asked to say it again"
        self._check_projections()
        self._check_notifications()
        requests = dict(self._ask("matching", "SELECT request_id, status FROM requests"))
        assert sorted(requests) == sorted(people.submitted)
        for request_id, status in requests.items():
            assert REQUEST.is_final(RequestStatus(status)), f"{request_id} is {status}"
        assert self._ask("matching", TAKEN) == [(0,)], "capacity is taken though all has ended"
        left = self._ask("matching", "SELECT review_id FROM reviews WHERE status = 'open'")
        assert not left, "a review was left open"
        self._check_offers_and_jobs(requests)
        incidents = self._ask("dispatch", "SELECT incident_id FROM incidents ORDER BY 1")
        assert [each for (each,) in incidents] == sorted(people.incidents)

    def _check_offers_and_jobs(self, requests: dict[str, str]) -> None:
        offers = self._ask("matching", "SELECT request_id, provider_id, status FROM offers")
        for _, _, status in offers:
            assert OFFER.is_final(OfferStatus(status)) or status in BINDING
        jobs_of: dict[str, set[str]] = defaultdict(set)
        found = self._ask("dispatch", "SELECT request_id, provider_id, status FROM jobs")
        for request_id, provider_id, status in found:
            assert JOB.is_final(JobStatus(status))
            assert provider_id not in jobs_of[request_id], "a provider has the same job twice"
            jobs_of[request_id].add(provider_id)
        for request_id, status in requests.items():
            if status == RequestStatus.CLOSED:
                served = {provider for request, provider, _ in offers if request == request_id}
                assert served & jobs_of[request_id], "a closed request never had a job"

    def _check_projections(self) -> None:
        """Whoever keeps a copy of what the registry says has the newest version of each thing."""
        members = "SELECT organisation_id, version FROM {} ORDER BY 1"
        known = self._ask("registry", members.format("organisations"))
        assert self._ask("matching", members.format("members")) == known
        assert self._ask("notify", members.format("members")) == known
        capabilities = "SELECT capability_id, version FROM capabilities ORDER BY 1"
        assert self._ask("matching", capabilities) == self._ask("registry", capabilities)
        jobs = "SELECT job_id, version FROM jobs ORDER BY 1"
        assert self._ask("matching", jobs) == self._ask("dispatch", jobs)

    def _check_notifications(self) -> None:
        """Whatever was to be told was told or given up, and nothing else was."""
        assert self._ask("notify", UNSETTLED) == [(0,)], "somebody was not told"
        arrived = self._machinery.far_end.arrived
        for (notification_id,) in self._ask("notify", SENT):
            assert notification_id in arrived, f"{notification_id} never arrived"

    def _ask(self, service: str, question: str) -> list[Any]:
        return self._machinery.databases.engines[service].database.execute(question).fetchall()
