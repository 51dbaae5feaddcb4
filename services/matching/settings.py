"""Settings of matching, from environment variables named MUSTER_…"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, Field, PrivateAttr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from muster.contracts.vocabulary.kinds import CapabilityKind, Urgency
from services.matching.domain.deadlines import Patience
from services.matching.engine.law.rules import RulePack
from services.matching.engine.policy import USUAL_WEIGHTS, Policy, Weights
from services.matching.engine.travel import USUAL_TRAVEL, Means, Travel
from services.matching.rule_pack import RulePackInvalid, load_rule_pack

Seconds = Annotated[float, Field(gt=0, le=30 * 86_400)]
Weight = Annotated[float, Field(ge=0, le=1)]
Speed = Annotated[float, Field(gt=0, le=2000)]
Hours = Annotated[float, Field(ge=0, le=1000)]

_AT_A_BORDER = USUAL_TRAVEL.border_hours


class TravelSettings(BaseModel):
    """How people and vehicles move, and what a border costs them."""

    road_speed_kmh: Speed = USUAL_TRAVEL.road.speed_kmh
    road_overhead_hours: Hours = USUAL_TRAVEL.road.overhead_hours
    sea_speed_kmh: Speed = USUAL_TRAVEL.sea.speed_kmh
    sea_overhead_hours: Hours = USUAL_TRAVEL.sea.overhead_hours
    air_speed_kmh: Speed = USUAL_TRAVEL.air.speed_kmh
    air_overhead_hours: Hours = USUAL_TRAVEL.air.overhead_hours
    border_hours_guards: Hours = _AT_A_BORDER[CapabilityKind.GUARDS]
    border_hours_vehicles: Hours = _AT_A_BORDER[CapabilityKind.VEHICLES]
    border_hours_medical_rescue: Hours = _AT_A_BORDER[CapabilityKind.MEDICAL_RESCUE]

    @property
    def travel(self) -> Travel:
        """Return these settings in the engine's words."""
        return Travel(
            road=Means(self.road_speed_kmh, self.road_overhead_hours),
            sea=Means(self.sea_speed_kmh, self.sea_overhead_hours),
            air=Means(self.air_speed_kmh, self.air_overhead_hours),
            border_hours={
                CapabilityKind.GUARDS: self.border_hours_guards,
                CapabilityKind.VEHICLES: self.border_hours_vehicles,
                CapabilityKind.MEDICAL_RESCUE: self.border_hours_medical_rescue,
            },
        )


class MatchingSettings(TravelSettings, BaseSettings):
    """How long matching waits, by which rules it judges, and what it weighs."""

    model_config = SettingsConfigDict(env_prefix="MUSTER_", extra="ignore")

    offer_ttl_emergency_seconds: Seconds = 300
    offer_ttl_urgent_seconds: Seconds = 3600
    offer_ttl_planned_seconds: Seconds = 86_400
    approval_ttl_seconds: Seconds = 86_400
    sourcing_retry_seconds: Seconds = 20
    sourcing_tries: Annotated[int, Field(ge=0, le=1000)] = 5
    review_look_seconds: Seconds = 300

    rule_pack_directory: Path | None = None  # None: the one that comes with Muster
    validity_margin_hours: Hours = 24  # how long papers must outlast the end of the work

    weight_arrival: Weight = USUAL_WEIGHTS.arrival
    weight_quality: Weight = USUAL_WEIGHTS.quality
    weight_language: Weight = USUAL_WEIGHTS.language
    weight_price: Weight = USUAL_WEIGHTS.price
    weight_standing: Weight = USUAL_WEIGHTS.standing
    weight_local: Weight = USUAL_WEIGHTS.local
    weight_fairness: Weight = USUAL_WEIGHTS.fairness

    solver_seconds: Annotated[float, Field(gt=0, le=10)] = 2
    explained_candidates: Annotated[int, Field(ge=1, le=10_000)] = 100
    standings_refresh_seconds: Seconds = 60

    _policy: Policy = PrivateAttr()

    @model_validator(mode="after")
    def _usable(self) -> Self:
        """Read the rules and check the weights now, so that a mistake stops the start."""
        self._policy = Policy(
            pack=self._rules(),
            weights=self._weights(),
            travel=self.travel,
            margin=timedelta(hours=self.validity_margin_hours),
            solver_seconds=self.solver_seconds,
            listed=self.explained_candidates,
        )
        return self

    @property
    def policy(self) -> Policy:
        """Return what the engine is told of these settings."""
        return self._policy

    @property
    def patience(self) -> Patience:
        """Return these settings in the domain's words."""
        return Patience(
            answer={
                Urgency.EMERGENCY: timedelta(seconds=self.offer_ttl_emergency_seconds),
                Urgency.URGENT: timedelta(seconds=self.offer_ttl_urgent_seconds),
                Urgency.PLANNED: timedelta(seconds=self.offer_ttl_planned_seconds),
            },
            approval=timedelta(seconds=self.approval_ttl_seconds),
            retry=timedelta(seconds=self.sourcing_retry_seconds),
            tries=self.sourcing_tries,
            look=timedelta(seconds=self.review_look_seconds),
        )

    def _rules(self) -> RulePack:
        try:
            return load_rule_pack(self.rule_pack_directory)
        except RulePackInvalid as error:
            raise ValueError(f"MUSTER_RULE_PACK_DIRECTORY: {error}") from error

    def _weights(self) -> Weights:
        weights = {name: getattr(self, f"weight_{name}") for name in Weights.__dataclass_fields__}
        try:
            return Weights(**weights)
        except ValueError as error:
            given = ", ".join(f"MUSTER_WEIGHT_{n.upper()}={w:g}" for n, w in weights.items())
            raise ValueError(f"{error}. They are {given}") from error
