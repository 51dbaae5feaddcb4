"""The index over the projection: kept in memory by each process, true to the store at every use."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from threading import Lock

from sqlalchemy import Connection

from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import CapabilityId, OrganisationId
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.statuses import CapabilityStatus
from services.matching import projection, reviews, track_records
from services.matching.domain.capability import Capability
from services.matching.engine.index import Found, Index, Search
from services.matching.engine.policy import Decisions, Policy, Standing

_AT_ONCE = 500  # capabilities whose owners are looked up together


class LiveIndex:
    """Finds who could serve a need. Safe to share between threads.

    It reads from the store what has changed since it last looked, in the transaction of whoever
    asks; so any number of processes may have one each, and one that starts anew reads everything.
    """

    def __init__(self, policy: Policy, refresh_standings: timedelta) -> None:
        self._policy = policy
        self._refresh = refresh_standings
        self._lock = Lock()
        self._index = Index(policy)
        self._revision = 0
        self._standings: Mapping[OrganisationId, Standing] = {}
        self._standings_due: datetime | None = None
        self._decisions: Decisions = {}
        self.synchronised_at: datetime | None = None

    def __len__(self) -> int:
        return len(self._index)

    def synchronise(self, connection: Connection, now: datetime) -> None:
        """Bring it up to what this transaction sees; call it before you search.

        How providers stand is only read again after a while: it changes with every job, by little.
        """
        with self._lock:
            if self._standings_due is None or now >= self._standings_due:
                self._take_standings(track_records.load_standings(connection, now))
                self._standings_due = now + self._refresh
            changes = projection.changes_since(connection, self._revision)
            if changes is not None:
                self._take(connection, changes)
            self.synchronised_at = now

    def revision(self) -> int:
        """Return up to which change it knows members, capabilities and decisions."""
        return self._revision

    def standings(self) -> Mapping[OrganisationId, Standing]:
        """Return how providers stand, as this index weighs them; who is absent is a newcomer."""
        return self._standings

    def decisions(self) -> Decisions:
        """Return what operators have decided, as far as this index knows."""
        return self._decisions

    def search(self, search: Search, limit: int) -> Found:
        """Return the best candidates for a need, and how many there are besides."""
        with self._lock:
            return self._index.search(search, limit)

    def everybody(
        self, kind: CapabilityKind, host: Country, most: int
    ) -> Sequence[CapabilityId] | None:
        """Return all who serve this kind there, able or not; None if they are more than `most`."""
        with self._lock:
            return self._index.everybody(kind, host, most)

    def _take(self, connection: Connection, changes: projection.Changes) -> None:
        index = self._anew() if changes.anew else self._index
        known = {} if changes.anew else self._decisions
        decisions = {**known, **reviews.decisions_since(connection, changes.since)}
        for some in _chunks(changes.capabilities):
            owners = {capability.provider_id for capability in some}
            members = projection.load_members(connection, owners)
            for capability in sorted(some, key=lambda each: each.provider_id):
                if capability.status is CapabilityStatus.RETIRED:
                    index.remove(capability.capability_id)
                else:
                    index.put(capability, members.get(capability.provider_id), decisions)
        self._index, self._decisions = index, decisions
        self._revision = changes.revision

    def _anew(self) -> Index:
        index = Index(self._policy)
        for provider_id, standing in self._standings.items():
            index.put_standing(provider_id, standing)
        return index

    def _take_standings(self, standings: Mapping[OrganisationId, Standing]) -> None:
        for provider_id, standing in standings.items():
            if standing != self._standings.get(provider_id):
                self._index.put_standing(provider_id, standing)
        self._standings = standings


def _chunks(capabilities: Iterable[Capability]) -> Iterator[Sequence[Capability]]:
    rest = iter(capabilities)
    while some := list(islice(rest, _AT_ONCE)):
        yield some
