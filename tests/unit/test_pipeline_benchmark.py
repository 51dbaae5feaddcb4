"""The pipeline benchmark is fair to the frameworks, and adds up what their processes took."""

from benchmarks.pipeline import quickest
from benchmarks.pipeline_contest import Result
from benchmarks.pipeline_peers import SETTINGS, Peer


def peer(name: str, setting: str) -> Peer:
    """Return a framework in a setting."""
    return Peer(name, setting, commands=[])


def test_every_framework_goes_on_in_its_quickest_setting() -> None:
    """The order in which they were tried, and what others reach, play no part."""
    slow, quick, only = peer("one", "slow"), peer("one", "quick"), peer("two", "only")
    assert quickest([(slow, 10.0), (quick, 30.0), (only, 20.0)]) == [quick, only]
    assert quickest([(quick, 30.0), (slow, 10.0), (only, 40.0)]) == [quick, only]


def test_every_framework_has_settings_to_choose_from() -> None:
    """No setting is tried twice under one name, for the table tells them apart by it."""
    named = [(each.name, each.setting) for each in SETTINGS]
    assert len(set(named)) == len(named)
    for framework in ("celery", "dramatiq", "faststream", "nameko"):
        assert [name for name, _ in named].count(framework) > 1


def test_a_part_is_charged_for_all_its_processes() -> None:
    """A framework of three processes has taken what the three took."""
    spent = {"worker 1": 1.0, "worker 2": 2.0, "rabbitmq": 4.0}
    result = Result(seconds=1, messages=1, cpu_seconds=spent, rows=3, doubled=0, arrived=1)
    assert result.cpu_of("worker") == 3.0
    assert result.cpu_of("relay") == 0.0
