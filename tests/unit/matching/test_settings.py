"""What can be set, and what a mistake in it is told as."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from muster.contracts.vocabulary.kinds import CapabilityKind
from services.matching.engine.policy import USUAL_WEIGHTS
from services.matching.engine.travel import USUAL_TRAVEL
from services.matching.rule_pack import load_rule_pack
from services.matching.settings import MatchingSettings


def test_without_settings_everything_is_as_usual() -> None:
    """The rules that come with Muster, the usual weights and speeds, a day of margin."""
    policy = MatchingSettings().policy

    assert policy.weights == USUAL_WEIGHTS
    assert policy.travel == USUAL_TRAVEL
    assert policy.margin == timedelta(hours=24)
    assert policy.pack.version == load_rule_pack().version


def test_weights_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Price alone decides, if you want that."""
    for name in vars(USUAL_WEIGHTS):
        monkeypatch.setenv(f"MUSTER_WEIGHT_{name.upper()}", "0")
    monkeypatch.setenv("MUSTER_WEIGHT_PRICE", "1")

    assert MatchingSettings().policy.weights.price == 1


def test_weights_that_do_not_add_up_are_refused_with_their_sum() -> None:
    """And with what each of them is, for the mistake is in one of them."""
    with pytest.raises(ValidationError) as refused:
        MatchingSettings(weight_price=0.5)

    said = str(refused.value)
    assert "the weights add up to 1.35; let them add up to 1" in said
    assert "MUSTER_WEIGHT_PRICE=0.5" in said
    assert "MUSTER_WEIGHT_ARRIVAL=0.3" in said


def test_rules_that_cannot_be_used_stop_the_start(tmp_path: Path) -> None:
    """The setting is named, and everything that is wrong."""
    with pytest.raises(ValidationError, match="MUSTER_RULE_PACK_DIRECTORY") as refused:
        MatchingSettings(rule_pack_directory=tmp_path)

    assert "holds no rules" in str(refused.value)


def test_speeds_borders_and_margin_can_be_set() -> None:
    """Each by itself."""
    policy = MatchingSettings(
        air_speed_kmh=800, border_hours_guards=12, validity_margin_hours=0
    ).policy

    assert policy.travel.air.speed_kmh == 800
    assert policy.travel.border_hours[CapabilityKind.GUARDS] == 12
    assert policy.margin == timedelta(0)
