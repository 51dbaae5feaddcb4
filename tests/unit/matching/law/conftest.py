"""The rule pack that comes with Muster, read once."""

import pytest

from services.matching.engine.law.rules import RulePack
from services.matching.rule_pack import load_rule_pack


@pytest.fixture(scope="session")
def pack() -> RulePack:
    """Return the packaged rules."""
    return load_rule_pack()
