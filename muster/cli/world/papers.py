"""The papers that make a member lawful: licences, permits, ICoCA, certificates, policies."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from muster.cli.world.places import ARMED_GUARDING, COUNTRY_NAMES
from muster.cli.world.plans import Body, dollars, window

_ISSUED_BEFORE = timedelta(days=200)


@dataclass(frozen=True)
class PaperBook:
    """Writes one member's papers, all valid from before `now` until `valid_until`."""

    member: int
    now: datetime
    valid_until: datetime
    rng: random.Random

    def licence(self, country: str, activities: Sequence[str], kind: str = "licence") -> Body:
        """Return a licence (at home) or permit (abroad) for these activities in one country."""
        return {
            **self._paper(
                kind, f"{country}-{kind[:3].upper()}", f"{COUNTRY_NAMES[country]}: police"
            ),
            "jurisdiction": country,
            "activities": sorted(activities),
            "armed": country in ARMED_GUARDING and "guards" in activities,
        }

    def leave_abroad(
        self, home: str, activities: Sequence[str], abroad: Sequence[str], *, armed: bool
    ) -> Body:
        """Return the home state's permit to serve in these countries; at home it allows nothing."""
        return {
            **self._paper("permit", f"{home}-ABROAD", f"{home}: ministry of the interior"),
            "jurisdiction": home,
            "activities": sorted(activities),
            "armed": armed and "guards" in activities,
            "territory": sorted(abroad),
        }

    def sea_licence(self, country: str, activities: Sequence[str], kind: str) -> Body:
        """Return a licence or permit for work off the coast of one country, armed if guards."""
        return {
            **self._paper(kind, f"{country}-SEA", f"{country}: maritime authority"),
            "jurisdiction": country,
            "activities": sorted(activities),
            "armed": "guards" in activities,
            "environment": "sea",
        }

    def joint_venture(self, country: str) -> Body:
        """Return the registration of a local firm that the member holds a share of."""
        return {
            **self._paper("joint_venture", f"{country}-JV", f"{COUNTRY_NAMES[country]}: register"),
            "jurisdiction": country,
        }

    def icoca(self, *, armed: bool = False) -> Body:
        """Return standing with the ICoCA; who serves armed is at least a member."""
        classes = ["certified_member", "member"]
        grade = self.rng.choice(classes if armed else [*classes, "affiliate"])
        return {
            **self._paper("icoca", "ICOCA", "International Code of Conduct Association"),
            "icoca_class": grade,
        }

    def certificate(self, standard: str) -> Body:
        """Return a certificate of a management system, such as ISO 18788."""
        return {
            **self._paper("certificate", "CERT", "Bureau of Certification"),
            "standard": standard,
        }

    def policy(self, limit: int, territory: Sequence[str], *, armed: bool = False) -> Body:
        """Return the member's own liability policy, with its limit in whole US dollars.

        Only the policy of those who serve armed pays for armed work.
        """
        return {
            **self._paper("insurance_policy", "POL", "Straits Mutual"),
            "limit": dollars(limit),
            "territory": sorted(territory),
            "lines": ["liability"],
            "armed_excluded": not armed,
        }

    def _paper(self, kind: str, prefix: str, issuer: str) -> Body:
        return {
            "kind": kind,
            "reference": f"{prefix}-{self.member:04d}-{self.rng.randrange(10_000):04d}",
            "issuer": issuer,
            "valid": window(self.now - _ISSUED_BEFORE, self.valid_until),
        }
