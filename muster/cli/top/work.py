"""The tables of the work: requests, offers, jobs, incidents, reviews."""

from collections.abc import Iterable, Mapping

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
    measured = figures.highest("muster_measured_timestamp_seconds", "service")
    matching, dispatch, notify = (each in measured for each in ("matching", "dispatch", "notify"))
    offers = figures.total("muster_offers_total", "outcome")
    incidents = figures.state("muster_incidents_open", "severity")
    jobs = figures.state("muster_jobs_open", "status")
    return Group(
        Text("WORK", "bold"),
        _line("requests", figures.state("muster_requests_open", "status"), matching, RequestStatus),
        _line("offers", offers, matching, OfferStatus),
        _line("jobs", jobs, dispatch, JobStatus),
        _line("incidents", incidents, dispatch, IncidentSeverity),
        _line("overdue", figures.state("muster_check_ins_overdue", "country"), dispatch),
        _reviews(figures, matching),
        _line("unfilled", figures.total("muster_requests_unfilled_total", "urgency"), matching),
        _line("capacity", figures.state("muster_capacity_units", "state"), matching),
        _line("messages", figures.total("muster_notifications_total", "outcome"), notify),
    )


def _reviews(figures: Figures, measured: bool) -> Text:
    waiting = figures.state("muster_reviews_waiting", "jurisdiction")
    oldest = figures.number("muster_review_oldest_age_seconds")
    line = _line("reviews", waiting, measured)
    if sum(waiting.values()) and oldest is not None:
        line.append(f"   the oldest for {age(oldest)}")
    return line


def _line(name: str, found: Mapping[str, float], measured: bool, order: Iterable[str] = ()) -> Text:
    """Return the states in the order of life, those that are empty left out.

    Where none is exported, there is none if the service has measured; else nobody knows.
    """
    known = [str(state) for state in order]
    keys = [key for key in known if key in found] + sorted(set(found) - set(known))
    states = [f"{key} {count(found[key])}" for key in keys if found[key]]
    none = "none" if found or measured else ABSENT
    return Text(f"  {name:<{_NAME}} {'   '.join(states) or none}")
