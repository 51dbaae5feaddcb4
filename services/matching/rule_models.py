"""How a rule is written in the files of the rule pack (rules/README.md explains each field)."""

import hashlib
import json
import re
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from muster.contracts.vocabulary.attributes import PersonnelLicence
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.kinds import (
    CapabilityKind,
    Environment,
    IcocaClass,
    InsuranceLine,
)
from services.matching.engine.law import forbidden, rules
from services.matching.engine.law.rules import EVERYWHERE, Confidence, Stance

Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=1000)]


class _Written(BaseModel):
    """Immutable; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Licence(_Written):
    """A verified licence or permit of the jurisdiction for the work."""

    kind: Literal["licence"]

    def demand(self) -> rules.Demand:
        """Return it in the engine's words."""
        return rules.LicenceDemand()


class Foreign(_Written):
    """How providers from elsewhere are treated."""

    kind: Literal["foreign"]
    stance: Stance

    def demand(self) -> rules.Demand:
        """Return it in the engine's words."""
        return rules.ForeignDemand(self.stance)


class Armed(_Written):
    """How armed work is treated."""

    kind: Literal["armed"]
    stance: Stance

    def demand(self) -> rules.Demand:
        """Return it in the engine's words."""
        return rules.ArmedDemand(self.stance)


class Personnel(_Written):
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


class Abroad(_Written):
    """A permit of the jurisdiction for its own providers to serve elsewhere."""

    kind: Literal["abroad"]

    def demand(self) -> rules.Demand:
        """Return it in the engine's words."""
        return rules.AbroadDemand()


class Standing(_Written):
    """An ICoCA class, a certificate that fits the environment, or both."""

    kind: Literal["standing"]
    minimum_class: IcocaClass | None = None
    standards: dict[Environment, Annotated[frozenset[str], Field(min_length=1)]] = {}

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.minimum_class is None and not self.standards:
            raise ValueError("asks for nothing; give minimum_class, standards or both")
        return self

    def demand(self) -> rules.Demand:
        """Return it in the engine's words."""
        return rules.StandingDemand(self.minimum_class, self.standards)


class Cover(_Written):
    """A policy of this line that pays in the host state, for arms too if the work is armed."""

    kind: Literal["cover"]
    line: InsuranceLine

    def demand(self) -> rules.Demand:
        """Return it in the engine's words."""
        return rules.CoverDemand(self.line)


class HostProtection(_Written):
    """A record in the request that the host state cannot protect."""

    kind: Literal["host_protection"]

    def demand(self) -> rules.Demand:
        """Return it in the engine's words."""
        return rules.HostProtectionDemand()


Demand = Annotated[
    Licence | Foreign | Armed | Personnel | Abroad | Standing | Cover | HostProtection,
    Field(discriminator="kind"),
]


class WrittenRule(_Written):
    """One rule as its file has it."""

    id: Annotated[str, Field(pattern=r"^[a-z]+(\.[a-z][a-z0-9_]*)+$", max_length=80)]
    jurisdiction: Country | Literal["*"]
    kinds: Annotated[frozenset[CapabilityKind], Field(min_length=1)]
    demands: Demand
    source: Sentence
    stated_on: date
    confidence: Confidence
    summary: Sentence
    armed: bool | None = None
    environment: Environment | None = None
    key_units_only: bool = False
    conditions: tuple[Sentence, ...] = ()

    @property
    def prefix(self) -> str:
        """Return how its id must begin."""
        return "alliance." if self.jurisdiction == EVERYWHERE else f"{self.jurisdiction.lower()}."

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if not self.id.startswith(self.prefix):
            raise ValueError(
                f"the id {self.id} is not one of jurisdiction {self.jurisdiction}; "
                f"begin it with {self.prefix}"
            )
        if self.armed is False and self.demands.kind == "armed":
            raise ValueError("speaks of armed work but applies to unarmed work only; drop `armed`")
        return self

    def rule(self) -> rules.Rule:
        """Return it in the engine's words."""
        return rules.Rule(
            rule_id=self.id,
            jurisdiction=self.jurisdiction,
            kinds=self.kinds,
            demand=self.demands.demand(),
            source=self.source,
            stated_on=self.stated_on,
            confidence=self.confidence,
            summary=self.summary,
            fingerprint=digest(self),
            armed=self.armed,
            environment=self.environment,
            key_units_only=self.key_units_only,
            conditions=self.conditions,
        )


class NationalFile(_Written):
    """A file <country>.yaml. A country of which nothing is known has an empty list."""

    rules: tuple[WrittenRule, ...]


class AllianceFile(NationalFile):
    """alliance.yaml: the release of the whole pack, and the alliance's own rules."""

    release: Annotated[str, Field(pattern=r"^\d{4}\.\d{1,2}(\.\d+)?$", examples=["2026.11"])]


Words = Annotated[str, Field(min_length=2, max_length=800)]


class WrittenTask(_Written):
    """One task of state power as state_power.yaml has it."""

    task: Annotated[str, Field(pattern=r"^[a-z][a-z_]+$")]
    reason: Sentence
    slugs: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[a-z*][a-z0-9_*]{1,39}$")], ...],
        Field(min_length=1),
    ]
    orders: Annotated[tuple[Words, ...], Field(min_length=1)]


class StatePowerFile(_Written):
    """state_power.yaml: the tasks nobody may ask for, and the words that spare a mention."""

    tasks: tuple[WrittenTask, ...]
    spared_after: tuple[Words, ...] = ()
    words: dict[Annotated[str, Field(pattern=r"^[a-z_]+$")], str] = {}

    @model_validator(mode="after")
    def _compiles(self) -> Self:
        patterns = [(task.task, pattern) for task in self.tasks for pattern in task.orders]
        patterns += [("spared_after", pattern) for pattern in self.spared_after]
        if wrong := [w for where, p in patterns if (w := self._trouble(where, p))]:
            raise ValueError("; ".join(wrong))
        return self

    def state_power(self) -> forbidden.StatePower:
        """Return it in the engine's words."""
        return forbidden.StatePower(
            tuple(
                forbidden.ForbiddenTask(
                    task.task, task.reason, task.slugs, tuple(map(self._spelt_out, task.orders))
                )
                for task in self.tasks
            ),
            tuple(map(self._spelt_out, self.spared_after)),
        )

    def _spelt_out(self, pattern: str) -> str:
        return re.sub(r"(?<!\?P)<([a-z_]+)>", lambda name: f"(?:{self.words[name[1]]})", pattern)

    def _trouble(self, where: str, pattern: str) -> str | None:
        try:
            forbidden.whole_words((self._spelt_out(pattern),))
        except KeyError as error:
            return f"{where}: {pattern!r} names <{error.args[0]}>; add it to `words`"
        except re.error as error:
            return f"{where}: {pattern!r} is not a regular expression ({error}); correct it"
        return None


def digest(*written: BaseModel) -> str:
    """Return eight hexadecimal digits that change with the content, not with its layout."""
    content = json.dumps([_canonical(model.model_dump(mode="python")) for model in written])
    return hashlib.sha256(content.encode()).hexdigest()[:8]


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _canonical(value[key]) for key in sorted(value)}
    if isinstance(value, frozenset):
        return sorted(_canonical(item) for item in value)
    if isinstance(value, tuple):
        return [_canonical(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
