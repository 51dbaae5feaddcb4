"""Settings of matching, from environment variables named MUSTER_…"""

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from muster.contracts.vocabulary.kinds import Urgency
from services.matching.domain.deadlines import Patience

Seconds = Annotated[float, Field(gt=0, le=30 * 86_400)]


class MatchingSettings(BaseSettings):
    """How long matching waits, and how often it looks again."""

    model_config = SettingsConfigDict(env_prefix="MUSTER_", extra="ignore")

    offer_ttl_emergency_seconds: Seconds = 300
    offer_ttl_urgent_seconds: Seconds = 3600
    offer_ttl_planned_seconds: Seconds = 86_400
    approval_ttl_seconds: Seconds = 86_400
    sourcing_retry_seconds: Seconds = 20
    sourcing_tries: Annotated[int, Field(ge=0, le=1000)] = 5

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
        )
