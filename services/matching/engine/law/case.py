"""What the law is asked about: one provider, one kind of work, one place and time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import lru_cache

from muster.contracts.vocabulary.attributes import CapabilityAttributes
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.kinds import (
    AuthorisationKind,
    CapabilityKind,
    Environment,
    IcocaClass,
)
from muster.contracts.vocabulary.statuses import AuthorisationStatus
from muster.contracts.vocabulary.values import Money, Window
from services.matching.domain.member import LAWFUL, Member, Paper
from services.matching.domain.terms import HostStateProtection
from services.matching.engine.law.rules import Circumstances
from services.matching.engine.once import once
from services.matching.engine.policy import Decision


def described(papers: Iterable[Paper]) -> str:
    """Return these papers in words."""
    return "; ".join([paper.in_words for paper in papers]) or "none on record"


# All candidates of a need are asked about the same window. In UTC: windows that are equal need not
# be written alike.
@lru_cache(maxsize=1000)
def _verified_for(window: Window, margin: timedelta) -> str:
    first, last = window.starts_at.astimezone(UTC), (window.ends_at + margin).astimezone(UTC)
    return f"verified, valid from {first.isoformat()} to {last.isoformat()}"


@dataclass(frozen=True)
class LegalCase:
    """One provider's one capability for work in one country.

    Without a window dates do not count, though papers must be verified. `margin` is how long
    papers must outlast the window. `minimum_icoca_class` and `liability_cover` are the request's
    own terms, `decision` an operator's word on this provider, country, kind and arms.
    """

    provider: Member
    attributes: CapabilityAttributes
    kind: CapabilityKind
    host: Country
    armed: bool = False
    environment: Environment | None = None
    window: Window | None = None
    margin: timedelta = timedelta()
    key_unit: bool = False
    minimum_icoca_class: IcocaClass | None = None
    liability_cover: Money | None = None
    host_protection: HostStateProtection | None = None
    decision: Decision | None = None

    @property
    def circumstances(self) -> Circumstances:
        """Return what decides which rules apply."""
        return Circumstances(
            self.host,
            self.provider.home_country,
            self.kind,
            self.armed,
            self.environment,
            self.key_unit,
        )

    @once
    def permissions(self) -> tuple[Paper, ...]:
        """Return the host's papers that allow this work."""
        papers, kind, host, armed = self.provider.papers, self.kind, self.host, self.armed
        return tuple([paper for paper in papers if paper.allows(kind, host, armed=armed)])

    @once
    def host_permissions(self) -> str:
        """Return all of the host's licences and permits in words, whatever they allow."""
        papers = self.papers_of(*LAWFUL)
        return described([paper for paper in papers if paper.jurisdiction == self.host])

    @once
    def permission_wanted(self) -> str:
        """Return in words what paper would allow this work."""
        return f"a licence or permit of {self.host} for {self.work}, {self.until}"

    @once
    def until(self) -> str:
        """Return in words how long papers must hold."""
        return "verified" if self.window is None else _verified_for(self.window, self.margin)

    @property
    def work(self) -> str:
        """Return in words what kind of work it is."""
        return f"armed {self.kind}" if self.armed else str(self.kind)

    def papers_of(self, *kinds: AuthorisationKind) -> list[Paper]:
        """Return the provider's papers of these kinds."""
        return [paper for paper in self.provider.papers if paper.kind in kinds]

    def holds(self, paper: Paper) -> bool:
        """Tell whether the paper can be relied on for this work's time."""
        if self.window is None:
            return paper.status is AuthorisationStatus.VERIFIED
        return paper.holds_through(self.window, self.margin)
