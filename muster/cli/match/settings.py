"""The settings of a scenario: what `MUSTER_…` variables say to the service.

The environment is not read: a scenario means the same on every machine.
"""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from muster.contracts.event import Contract
from services.matching.engine.policy import USUAL_WEIGHTS, Policy, Weights
from services.matching.settings import Hours, MatchingSettings, TravelSettings, Weight


class WeightsOnFile(Contract):
    """How much each component counts in a score. All seven, given or not, add up to 1."""

    arrival: Weight = USUAL_WEIGHTS.arrival
    quality: Weight = USUAL_WEIGHTS.quality
    language: Weight = USUAL_WEIGHTS.language
    price: Weight = USUAL_WEIGHTS.price
    standing: Weight = USUAL_WEIGHTS.standing
    local: Weight = USUAL_WEIGHTS.local
    fairness: Weight = USUAL_WEIGHTS.fairness

    @model_validator(mode="after")
    def _add_up(self) -> Self:
        Weights(**dict(self))
        return self


class TravelOnFile(TravelSettings, Contract):
    """How people and vehicles move, and what a border costs them."""


class SettingsOnFile(Contract):
    """What is left out has the service's default."""

    weights: WeightsOnFile = WeightsOnFile()
    margin_hours: Annotated[
        Hours | None, Field(description="how long papers must outlast the end of the work")
    ] = None
    travel: TravelOnFile = TravelOnFile()
    solver_seconds: Annotated[float | None, Field(gt=0, le=10)] = None
    explained_candidates: Annotated[
        int | None, Field(ge=1, le=10_000, description="most of one need that are listed")
    ] = None

    def policy(self, rules: Path | None) -> Policy:
        """Return what the engine is told, with the rules of this directory.

        Raises ValueError.
        """
        given: dict[str, Any] = {
            "rule_pack_directory": rules,
            "validity_margin_hours": self.margin_hours,
            "solver_seconds": self.solver_seconds,
            "explained_candidates": self.explained_candidates,
        }
        weights = {f"weight_{name}": weight for name, weight in self.weights}
        told = {name: value for name, value in given.items() if value is not None}
        return _Told(**told, **weights, **dict(self.travel)).policy


class _Told(MatchingSettings):
    """The service's settings, as far as they are told; for the rest its defaults."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read nothing but what is told."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)
