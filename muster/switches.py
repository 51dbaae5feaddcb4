"""Switches that break Muster on purpose. Only a test may turn one: nothing starts with it else."""

from pathlib import Path
from typing import Self

from pydantic import model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from muster.safeguards import NOTHING, Without


class Switches(BaseSettings):
    """All of them, off. Raises ValueError if one is on and this is no test."""

    model_config = SettingsConfigDict(env_prefix="MUSTER_", extra="ignore")

    testing: bool = False  # nothing but a test may set it, and what follows
    crash_at: Path | None = None  # the file with the orders, see muster/service/crash_points.py
    without: Without = NOTHING  # safeguards that are removed, see muster/safeguards.py

    @model_validator(mode="after")
    def _off_outside_of_tests(self) -> Self:
        turned = {"MUSTER_CRASH_AT": self.crash_at, "MUSTER_WITHOUT": self.without}
        given = [name for name, value in turned.items() if value]
        if given and not self.testing:
            raise ValueError(
                f"{' and '.join(given)} would make Muster fail on purpose and must not be set. "
                f"Unset {'them' if len(given) > 1 else 'it'}; "
                "a test that means it sets MUSTER_TESTING=yes."
            )
        return self
