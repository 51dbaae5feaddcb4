"""A rule, and the files that hold the rules of a country or of the alliance."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.kinds import CapabilityKind, Environment
from services.matching.engine.law import rules
from services.matching.engine.law.rules import EVERYWHERE, Confidence
from services.matching.rule_files.demands import Demand
from services.matching.rule_files.written import Sentence, Written, digest


class WrittenRule(Written):
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


class NationalFile(Written):
    """A file <country>.yaml. A country of which nothing is known has an empty list."""

    rules: tuple[WrittenRule, ...]


class AllianceFile(NationalFile):
    """alliance.yaml: the release of the whole pack, and the alliance's own rules."""

    release: Annotated[str, Field(pattern=r"^\d{4}\.\d{1,2}(\.\d+)?$", examples=["2026.11"])]
