"""The tables of the work: requests, offers, jobs, incidents, reviews."""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from muster.cli.top.figures import Figures
from muster.cli.top.frame import Frame
from muster.cli.top.wording import ABSENT, age, count
from muster.contracts.vocabulary.statuses import (
    IncidentSeverity,
    JobStatus,
    OfferStatus,
    RequestStatus,
)

_NAME = 10  # columns


def work(frame: Frame) -> RenderableType:
    """Return a line for each thing: how many there are in which state."""
    figures = frame.figures
    requests = figures.state("muster_requests_open", "status")
    return Group(
        Text("WORK", "bold"),
        _line("requests", requests, [status.value for status in RequestStatus]),
        _line("offers", _offers(figures), [status.value for status in OfferStatus]),
        _line("jobs", figures.state("muster_jobs_open", "status"), [s.value for s in JobStatus]),
        _line("incidents", _incidents(figures), [each.value for each in IncidentSeverity]),
        _line("check-ins", _summed("overdue", figures, "muster_check_ins_overdue", "country")),
        _reviews(figures),
        _line("unfilled", figures.total("muster_requests_unfilled_total", "urgency")),
        _line("capacity", figures.state("muster_capacity_units", "state")),
        _line("messages", figures.total("muster_notifications_total", "outcome")),
    )


def _offers(figures: Figures) -> dict[str, float]:
    """Return how many offers became what since the processes started."""
    return figures.total("muster_offers_total", "outcome")


def _incidents(figures: Figures) -> dict[str, float]:
    return figures.state("muster_incidents_open", "severity")


def _summed(word: str, figures: Figures, name: str, by: str) -> dict[str, float]:
    found = figures.state(name, by)
    return {word: sum(found.values())} if found else {}


def _reviews(figures: Figures) -> Text:
    waiting = figures.state("muster_reviews_waiting", "jurisdiction")
    oldest = figures.number("muster_review_oldest_age_seconds")
    line = _line("reviews", waiting)
    if sum(waiting.values()) and oldest is not None:
        line.append(f"   the oldest for {age(oldest)}")
    return line


def _line(name: str, found: Mapping[str, float], order: Sequence[str] = ()) -> Text:
    """Return the states in the order of life, those that are empty left out."""
    keys = [key for key in order if key in found] + sorted(set(found) - set(order))
    states = [f"{key} {count(found[key])}" for key in keys if found[key]]
    none = "none" if found else ABSENT
    return Text(f"  {name:<{_NAME}} {'   '.join(states) or none}")
