"""The index: everybody who could serve, in memory, kept so that a search looks at arrays only."""

from collections import defaultdict
from collections.abc import Sequence
from types import MappingProxyType

from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import CapabilityId, OrganisationId
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.statuses import CapabilityStatus
from services.matching.domain.capability import Capability
from services.matching.domain.member import Member
from services.matching.engine.index.outlook import Lawyer
from services.matching.engine.index.partition import Partition
from services.matching.engine.index.question import Found, Free, Search
from services.matching.engine.index.reading import Book, Reader
from services.matching.engine.index.records import Records
from services.matching.engine.index.search import answer
from services.matching.engine.policy import Decisions, Policy, Standing

_NO_DECISIONS: Decisions = MappingProxyType({})
_PER_CAPABILITY = 200  # bytes: its id, and its place in the table of where it is


class Index:
    """Finds the best candidates for a need, by the rules of the gate and the formula of the score.

    It is as the last `put` of each capability left it: whoever changes a provider or a decision
    puts all capabilities concerned again. The answer does not depend on the order in which they
    were put. Where it cannot be exact it lets pass (see ADR 16), so judge again whom it returns.
    Not safe for use by several threads at once.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._book = Book(Lawyer(policy.pack, policy.margin))
        self._partitions: dict[tuple[CapabilityKind, Country], Partition] = {}
        self._places: dict[CapabilityId, tuple[CapabilityKind, frozenset[Country]]] = {}
        self._records = Records()
        self._conflicts: dict[OrganisationId, frozenset[OrganisationId]] = {}
        self._opponents: dict[OrganisationId, set[OrganisationId]] = defaultdict(set)
        self._reader: tuple[Member, Reader] | None = None

    def __len__(self) -> int:
        return len(self._places)

    def nbytes(self) -> int:
        """Return about how many bytes of memory it takes."""
        partitions = sum(partition.nbytes for partition in self._partitions.values())
        return partitions + self._records.nbytes + len(self) * _PER_CAPABILITY

    def put(
        self,
        capability: Capability,
        provider: Member | None,
        decisions: Decisions = _NO_DECISIONS,
    ) -> None:
        """Take in a capability as it is now, in place of what was known of it.

        `provider` is None while matching has not heard of it. Of the decisions only those that
        concern the provider are looked at.
        """
        self.remove(capability.capability_id)
        coverage = capability.coverage.countries
        self._places[capability.capability_id] = (capability.kind, coverage)
        shut = _shut_by(capability, provider)
        if shut is not None or provider is None:
            for host in coverage:
                self._partition(capability.kind, host).shut_out(
                    capability.capability_id, shut or "provider_active"
                )
            return
        self._note_conflicts(provider)
        for host, row in self._reader_for(provider).rows(capability, decisions):
            self._partition(capability.kind, host).put(capability.capability_id, row)

    def put_standing(self, provider_id: OrganisationId, standing: Standing) -> None:
        """Take in how a provider has fared, for all of its capabilities."""
        self._records.put(self._book.owners.learn(provider_id), standing)

    def remove(self, capability_id: CapabilityId) -> None:
        """Forget a capability; one that is not here is none the worse for it."""
        kind, coverage = self._places.pop(capability_id, (None, ()))
        if kind is not None:
            for host in coverage:
                self._partitions[kind, host].remove(capability_id)

    def search(self, search: Search, limit: int, free: Free | None = None) -> Found:
        """Return the best candidates for this need, at most so many in each part.

        If `free` is given, those of whom nothing is free are passed over.
        """
        partition = self._partitions.get((search.kind, search.place.country))
        if partition is None:
            return Found((), (), 0, 0, {}, 0)
        opponents = self._opponents.get(search.enterprise_id, set())
        return answer(
            search, partition, self._book, self._records, self._policy, opponents, limit, free
        )

    def everybody(
        self, kind: CapabilityKind, host: Country, most: int
    ) -> tuple[CapabilityId, ...] | None:
        """Return all who serve this kind there, able or not; None if they are more than `most`."""
        partition = self._partitions.get((kind, host))
        if partition is None:
            return ()
        return None if len(partition) > most else (*partition.ids, *partition.shut)

    def inside(self) -> tuple[Sequence[Partition], Book, Records]:
        """Return what it is made of, for whoever wants to compare; to be read only."""
        return tuple(self._partitions.values()), self._book, self._records

    def _partition(self, kind: CapabilityKind, host: Country) -> Partition:
        partition = self._partitions.get((kind, host))
        if partition is None:
            partition = self._partitions[kind, host] = Partition(kind, host)
        return partition

    def _reader_for(self, provider: Member) -> Reader:
        """Return the last reader if it is the same provider's: they often come in a row."""
        if self._reader is None or self._reader[0] is not provider:
            self._reader = (provider, Reader(self._book, provider))
        return self._reader[1]

    def _note_conflicts(self, provider: Member) -> None:
        before = self._conflicts.get(provider.organisation_id, frozenset())
        if provider.conflicts != before:
            for enterprise_id in before - provider.conflicts:
                self._opponents[enterprise_id].discard(provider.organisation_id)
            for enterprise_id in provider.conflicts - before:
                self._opponents[enterprise_id].add(provider.organisation_id)
            self._conflicts[provider.organisation_id] = provider.conflicts


def _shut_by(capability: Capability, provider: Member | None) -> str | None:
    """Return the rule that it fails whoever asks; None if it may come into question."""
    if provider is None or not provider.is_active:
        return "provider_active"
    return None if capability.status is CapabilityStatus.PUBLISHED else "capability_published"
