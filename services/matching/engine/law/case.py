"""What the law is asked about: one provider, one kind of work, one place and time."""

from dataclasses import dataclass
from datetime import timedelta

from muster.contracts.vocabulary.attributes import CapabilityAttributes
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.kinds import CapabilityKind, Environment, IcocaClass
from muster.contracts.vocabulary.statuses import AuthorisationStatus
from muster.contracts.vocabulary.values import Money, Window
from services.matching.domain.member import Member, Paper
from services.matching.domain.terms import HostStateProtection
from services.matching.engine.law.rules import Circumstances
from services.matching.engine.policy import Decision


@dataclass(frozen=True, slots=True)
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

    def holds(self, paper: Paper) -> bool:
        """Tell whether the paper can be relied on for this work's time."""
        if self.window is None:
            return paper.status is AuthorisationStatus.VERIFIED
        return paper.holds_through(self.window, self.margin)
