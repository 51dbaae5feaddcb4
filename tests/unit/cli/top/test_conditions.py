"""What would have somebody paged, read from the figures."""

import pytest

from muster.cli.top.conditions import PAGE, conditions
from muster.cli.top.figures import read
from muster.cli.top.frame import Seen
from muster.messaging.questions import Depth
from tests.unit.cli.top.frames import MUSTER, depths, frame, process


def test_nothing_is_wrong_where_nothing_is_wrong() -> None:
    """Figures of health raise no alarm."""
    well = (
        'muster_database_up{service="matching"} 1',
        'muster_outbox_oldest_age_seconds{service="matching"} 2',
        'muster_timer_oldest_overdue_seconds{service="matching"} 0',
        'muster_check_ins_overdue{country="SG"} 0',
        'muster_authorisations_expiring{country="SG",kind="licence",within="1d"} 0',
        'muster_authorisations_expiring{country="SG",kind="licence",within="30d"} 4',
        "muster_review_oldest_age_seconds 20",
    )
    assert conditions(frame(process("worker", *well)), MUSTER) == []


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('muster_database_up{service="matching"} 0', "DatabaseDown"),
        ('muster_outbox_oldest_age_seconds{service="matching"} 600', "OutboxStuck"),
        ('muster_timer_oldest_overdue_seconds{service="matching"} 600', "TimersLate"),
        ('muster_check_ins_overdue{country="SG"} 1', "CheckInsOverdue"),
        (
            'muster_authorisations_expiring{country="SG",kind="licence",within="1d"} 1',
            "AuthorisationsExpiring",
        ),
        ("muster_review_oldest_age_seconds 7200", "ReviewsWaiting"),
    ],
)
def test_each_figure_that_is_not_as_it_should_be_is_named(line: str, name: str) -> None:
    """One figure, one alert."""
    assert [each.name for each in conditions(frame(process("worker", line)), MUSTER)] == [name]


@pytest.mark.parametrize("which", ["memory_used", "free_disk_space"])
def test_an_alarm_of_the_broker_is_told(which: str) -> None:
    """It takes no more messages then, and what is said waits in the outboxes."""
    page = f"rabbitmq_alarms_{which}_watermark 1\n"
    [found] = conditions(frame(broker=Seen("rabbitmq", None, read(page))), MUSTER)

    assert found.name.endswith("Alarm")
    assert found.severity == PAGE


def test_the_gravest_comes_first() -> None:
    """A dead letter can wait until a queue has a worker again."""
    queues = depths(dispatch__requests__dlq=Depth(1, 0), notify__news=Depth(5, 0))
    found = conditions(frame(queues=queues), MUSTER)

    assert [each.name for each in found] == ["QueueWithoutConsumers", "DeadLetters"]
