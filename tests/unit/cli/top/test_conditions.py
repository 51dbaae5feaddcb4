"""What would have somebody paged, read from the figures."""

from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from muster.cli.top.conditions import ONLY_HERE, PAGE, TICKET, conditions
from muster.cli.top.figures import read
from muster.cli.top.frame import Seen
from muster.messaging.questions import Depth
from tests.stores import START
from tests.unit.cli.top.frames import MUSTER, depths, frame, process

EXPIRING = 'muster_authorisations_expiring{country="SG",kind="licence",within="%s"} %d'


def rules() -> dict[str, set[str]]:
    """The severities of each alert that Prometheus' rules know."""
    found: dict[str, set[str]] = defaultdict(set)
    folder = Path(__file__).parents[4] / "deploy" / "prometheus" / "rules"
    for file in folder.glob("*.yml"):
        for group in yaml.safe_load(file.read_text())["groups"]:
            for rule in group["rules"]:
                if "alert" in rule:
                    found[rule["alert"]].add(rule["labels"]["severity"])
    return found


RULES = rules()


def test_nothing_is_wrong_where_nothing_is_wrong() -> None:
    """Figures of health raise no alarm."""
    well = (
        'muster_database_up{service="matching"} 1',
        'muster_outbox_oldest_age_seconds{service="matching"} 2',
        'muster_timer_oldest_overdue_seconds{service="matching"} 0',
        'muster_check_ins_overdue{country="SG"} 0',
        EXPIRING % ("1d", 0),
        EXPIRING % ("30d", 4),
        f'muster_measured_timestamp_seconds{{service="matching"}} {START.timestamp()}',
        'muster_broker_up{service="matching"} 1',
        "muster_review_oldest_age_seconds 20",
    )
    assert conditions(frame(process("worker", *well)), MUSTER) == []


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('muster_database_up{service="matching"} 0', "DatabaseUnreachable"),
        ('muster_broker_up{service="matching"} 0', "BrokerDown"),
        ('muster_outbox_oldest_age_seconds{service="matching"} 600', "OutboxStuck"),
        ('muster_timer_oldest_overdue_seconds{service="matching"} 600', "TimersLate"),
        ('muster_measured_timestamp_seconds{service="matching"} 1700000000', "MeasuringStopped"),
        ('muster_check_ins_overdue{country="SG"} 1', "CheckInOverdue"),
        ('muster_incidents_open{severity="extreme"} 1', "SevereIncidentOpen"),
        (EXPIRING % ("1d", 1), "AuthorisationExpiring"),
        (EXPIRING % ("7d", 1), "AuthorisationExpiring"),
        ("muster_review_oldest_age_seconds 7200", "ReviewsOld"),
    ],
)
def test_each_figure_that_is_not_as_it_should_be_is_named(line: str, name: str) -> None:
    """One figure, one alert, which a rule has, too, with the same severity."""
    [found] = conditions(frame(process("worker", line)), MUSTER)

    assert found.name == name
    assert found.severity in RULES[name]


def test_papers_that_end_within_a_day_are_not_told_again_as_ending_within_a_week() -> None:
    """The second figure holds the first."""
    worker = process("worker", EXPIRING % ("1d", 2), EXPIRING % ("7d", 5))
    told = [(each.severity, each.summary) for each in conditions(frame(worker), MUSTER)]

    assert told == [
        (PAGE, "2 of members at work in SG, within 1d"),
        (TICKET, "3 of members at work in SG, within 7d"),
    ]


def test_a_service_that_alone_is_cut_off_from_the_broker_is_named() -> None:
    """Its password, most likely."""
    ups = [f'muster_broker_up{{service="{service}"}} %d' for service in ("matching", "notify")]
    [found] = conditions(frame(process("worker", ups[0] % 1, ups[1] % 0)), MUSTER)

    assert (found.name, found.summary) == ("BrokerUnreachable", "not for notify")


@pytest.mark.parametrize(
    ("gone", "name"), [("api", "ApiDown"), ("worker", "WorkersDown"), ("relay", "RelayDown")]
)
def test_the_last_of_a_kind_is_a_page(gone: str, name: str) -> None:
    """Nobody is there to do its work."""
    [found] = conditions(frame(Seen(gone, "away"), process("other")), MUSTER)

    assert found.name == name
    assert found.severity in RULES[name]


def test_one_of_several_is_no_page() -> None:
    """Another worker does its work."""
    [found] = conditions(frame(Seen("worker-2", "away"), process("worker")), MUSTER)

    assert (found.name, found.severity) == ("ProcessDown", TICKET)
    assert found.severity in RULES[found.name]


@pytest.mark.parametrize("which", ["memory_used", "free_disk_space"])
def test_an_alarm_of_the_broker_is_told(which: str) -> None:
    """It takes no more messages then, and what is said waits in the outboxes."""
    page = f"rabbitmq_alarms_{which}_watermark 1\n"
    [found] = conditions(frame(broker=Seen("rabbitmq", None, read(page))), MUSTER)

    assert found.name.endswith("Alarm")
    assert found.severity in RULES[found.name]


def test_the_gravest_comes_first() -> None:
    """A dead letter can wait until a queue has a worker again."""
    queues = depths(dispatch__requests__dlq=Depth(1, 0), notify__news=Depth(5, 0))
    found = conditions(frame(queues=queues), MUSTER)

    assert [each.name for each in found] == ["NoConsumers", "DeadLetters"]
    assert all(each.severity in RULES[each.name] for each in found)


def test_what_no_rule_knows_is_only_what_prometheus_cannot_see() -> None:
    """Everything else has the name under which its runbook is found."""
    queues = depths(dispatch__requests=None)
    found = conditions(frame(process("worker", trouble="no broker"), queues=queues), MUSTER)

    assert {each.name for each in found} == set(ONLY_HERE)
    assert not set(ONLY_HERE) & set(RULES)
