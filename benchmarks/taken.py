"""What is taken of every capability, in memory: the calendar beside the index."""

from dataclasses import dataclass, field

from benchmarks.alliance import NOW, Drawn
from muster.contracts.vocabulary.attributes import GuardAttributes
from muster.contracts.vocabulary.identifiers import CapabilityId, OrganisationId
from muster.contracts.vocabulary.values import Window
from services.matching.domain.member import Member
from services.matching.engine.index import Free
from services.matching.engine.index.instants import instant, span

_HOUR = 3_600_000_000
_START = instant(NOW)

Use = tuple[int, int, int]  # since, until, quantity


@dataclass(frozen=True)
class Taken:
    """The capacity of every capability and its uses, if there are any; and whose they are."""

    capacities: dict[CapabilityId, int] = field(default_factory=dict)
    uses: dict[CapabilityId, tuple[Use, ...]] = field(default_factory=dict)
    people: dict[CapabilityId, GuardAttributes] = field(default_factory=dict)
    members: dict[OrganisationId, Member] = field(default_factory=dict)

    def note(self, drawn: Drawn) -> None:
        """Take in what is taken of a capability."""
        capability_id = drawn.capability.capability_id
        self.capacities[capability_id] = drawn.capability.capacity
        self.members[drawn.provider.organisation_id] = drawn.provider
        if isinstance(drawn.capability.attributes, GuardAttributes):
            self.people[capability_id] = drawn.capability.attributes
        if drawn.uses:
            self.uses[capability_id] = tuple(
                (_START + use.since_h * _HOUR, _START + use.until_h * _HOUR, use.quantity)
                for use in drawn.uses
            )

    def free_in(self, window: Window) -> Free:
        """Return what tells how much of a capability is free through the window."""
        since, until = span(window)

        def free(capability_id: CapabilityId) -> int:
            touching = [
                u for u in self.uses.get(capability_id, ()) if u[0] < until and u[1] > since
            ]
            level = peak = 0
            steps = [(use[0], use[2]) for use in touching] + [(use[1], -use[2]) for use in touching]
            for _, change in sorted(steps):
                level += change
                peak = max(peak, level)
            return self.capacities[capability_id] - peak

        return free
