"""Colours, thresholds and runbooks of panels are those of the alerts."""

import pytest

from deploy.grafana.source.alerts import Step, Watch, steps_of
from deploy.grafana.source.panels import Query, stat


def test_a_figure_turns_red_where_the_alert_fires() -> None:
    """An alert that pages is red, from the number on that it compares."""
    assert Watch("OutboxStuck").steps() == [Step("green"), Step("red", 60)]
    assert Watch("ReviewsOld").steps() == [Step("green"), Step("orange", 3600)]


def test_a_product_is_a_number_too() -> None:
    """Rules write days as so many times 86400."""
    assert Watch("DeadLettersNearlyTooOld").steps()[-1] == Step("orange", 22 * 86_400)


def test_one_is_already_too_many_where_none_is_fine() -> None:
    """`> 0` of what is counted; Grafana's steps hold from their value on, 0 would be red."""
    assert Watch("CheckInOverdue").steps() == [Step("green"), Step("red", 1)]


def test_nothing_is_bad_where_something_has_to_be() -> None:
    """`== 0`: red at 0, green from 1 on."""
    assert Watch("DatabaseUnreachable").steps() == [Step("red"), Step("green", 1)]


def test_the_graver_colour_holds_where_two_alerts_begin_at_one_value() -> None:
    """Whoever looks must not take a page for a ticket."""
    both = [Watch("AuthorisationExpiring", "ticket"), Watch("AuthorisationExpiring", "page")]
    assert steps_of(both) == (Step("green"), Step("red", 1))


def test_a_watch_of_no_alert_is_a_mistake() -> None:
    """A renamed alert is noticed when the dashboards are written."""
    with pytest.raises(LookupError, match="OutboxStucked"):
        Watch("OutboxStucked").steps()


def test_a_number_that_the_alert_does_not_compare_is_a_mistake() -> None:
    """So is one that has been changed in the rule only."""
    assert Watch("QueueGrowing", at=100).steps() == [Step("green"), Step("orange", 100)]
    with pytest.raises(LookupError, match="compares nothing with 101"):
        Watch("QueueGrowing", at=101).steps()


def test_a_panel_links_to_the_runbook_of_its_alert() -> None:
    """Wherever runbooks are served."""
    panel = stat("Late", "How late.", "s", Query("x"), watch=[Watch("TimersLate")]).json(1, 0, 0)
    assert [link["url"] for link in panel["links"]] == ["${runbooks}/timers-late.md"]
    assert panel["description"] == "How late. Alert: TimersLate."
