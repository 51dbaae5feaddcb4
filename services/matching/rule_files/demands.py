"""What a rule may demand."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from muster.contracts.vocabulary.attributes import PersonnelLicence
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.kinds import Environment, IcocaClass, InsuranceLine
from services.matching.engine.law import rules
from services.matching.engine.law.rules import Stance
from services.matching.rule_files.written import Written


class Licence(Written):
    """A verified licence or permit of the jurisdiction for the work."""

    kind: Literal["licence"]

    def demand(self) -> rules.Demand:
        """Return it in the engine's words."""
        return rules.LicenceDemand()


class Foreign(Written):
    """How providers from elsewhere are treated."""

    kind: Literal["foreign"]
    stance: Stance

    def demand(self) -> rules.Demand:
        """Return it in the engine's words."""
        return rules.ForeignDemand(self.stance)


class Armed(Written):
    """How armed work is treated."""

    kind: Literal["armed"]
    stance: Stance

    def demand(self) -> rules.Demand:
        """Return it in the engine's words."""
        return rules.ArmedDemand(self.stance)


class Personnel(Written):
    """Which people may serve: with one of these licences, or else of these nationalities only."""

    kind: Literal["personnel"]
    nationalities: frozenset[Country] = frozenset()
    licences: frozenset[PersonnelLicence] = frozenset()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.nationalities and not self.licences:
            raise ValueError("names nobody; give nationalities, licences or both")
        return self

    def demand(self) -> rules.Demand:
        """Return it in the engine's words."""
        return rules.PersonnelDemand(self.nationalities, frozenset(self.licences))


class Abroad(Written):
    """A permit of the jurisdiction for its own providers to serve elsewhere."""

    kind: Literal["abroad"]

    def demand(self) -> rules.Demand:
        """Return it in the engine's words."""
        return rules.AbroadDemand()


class Standing(Written):
    """An ICoCA class, a certificate that fits the environment, or both."""

    kind: Literal["standing"]
    minimum_class: IcocaClass | None = None
    standards: dict[Environment, Annotated[frozenset[str], Field(min_length=1)]] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.minimum_class is None and not self.standards:
            raise ValueError("asks for nothing; give minimum_class, standards or both")
        return self

    def demand(self) -> rules.Demand:
        """Return it in the engine's words."""
        return rules.StandingDemand(self.minimum_class, self.standards)


class Cover(Written):
    """A policy of this line that pays in the host state, for arms too if the work is armed."""

    kind: Literal["cover"]
    line: InsuranceLine

    def demand(self) -> rules.Demand:
        """Return it in the engine's words."""
        return rules.CoverDemand(self.line)


class HostProtection(Written):
    """A record in the request that the host state cannot protect."""

    kind: Literal["host_protection"]

    def demand(self) -> rules.Demand:
        """Return it in the engine's words."""
        return rules.HostProtectionDemand()


Demand = Annotated[
    Licence | Foreign | Armed | Personnel | Abroad | Standing | Cover | HostProtection,
    Field(discriminator="kind"),
]
