"""Reading what all processes export as one."""

import pytest

from muster.cli.top.figures import Figures, read

OFFERS = 'muster_offers_total{kind="guards",outcome="sent"} %s\n'
OPEN = 'muster_requests_open{status="%s",urgency="%s"} %s\n'


def figures(*pages: str) -> Figures:
    """What these processes export."""
    return Figures(read(page) for page in pages)


def test_counters_of_several_processes_are_added_up() -> None:
    """Each counts what it did itself."""
    found = figures(OFFERS % 2, OFFERS % 3)

    assert found.total("muster_offers_total", "outcome") == {"sent": 5}


def test_states_that_several_workers_measured_alike_are_not_added_up() -> None:
    """Three workers would show three times the requests; one may be a little behind."""
    one = OPEN % ("sourcing", "urgent", 4) + OPEN % ("sourcing", "planned", 1)
    other = OPEN % ("sourcing", "urgent", 5)

    assert figures(one, other).state("muster_requests_open", "status") == {"sourcing": 6}


def test_ages_are_the_highest_of_all() -> None:
    """Nobody adds up ages."""
    name = "muster_outbox_oldest_age_seconds"
    found = figures(f'{name}{{service="matching"}} 3\n', f'{name}{{service="matching"}} 40\n')

    assert found.highest(name, "service") == {"matching": 40}


def test_what_has_to_be_up_everywhere_is_the_lowest_of_all() -> None:
    """One process that cannot reach its database is enough."""
    name = "muster_database_up"
    found = figures(f'{name}{{service="matching"}} 1\n', f'{name}{{service="matching"}} 0\n')

    assert found.lowest(name, "service") == {"matching": 0}


def test_only_what_was_asked_for_is_counted() -> None:
    """Papers that end within a day, and not those of the whole month."""
    name = "muster_authorisations_expiring"
    page = (
        f'{name}{{country="SG",within="1d"}} 1\n'
        f'{name}{{country="SG",within="30d"}} 9\n'
        f'{name}{{country="KH",within="30d"}} 2\n'
    )

    assert figures(page).state(name, "country", within="1d") == {"SG": 1}


def test_what_nobody_exports_is_empty_and_not_zero() -> None:
    """An older process may not know a figure yet."""
    found = figures(OFFERS % 2)

    assert found.state("muster_jobs_open", "status") == {}
    assert found.number("muster_review_oldest_age_seconds") is None


def test_a_page_that_is_none_is_refused() -> None:
    """Something else may answer at the address."""
    with pytest.raises(ValueError, match=r".+"):
        read("<html> not metrics {</html>")
