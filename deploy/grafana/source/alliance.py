"""The alliance at a glance: what is asked of it, what it has, and who needs an operator now."""

from deploy.grafana.source.alerts import COLOURS, Step, Watch
from deploy.grafana.source.capacity import CAPACITY
from deploy.grafana.source.dashboard import Dashboard, Row
from deploy.grafana.source.panels import Panel, Query, bars, graph, stat
from deploy.grafana.source.processes import PROCESSES
from deploy.grafana.source.promql import happened, happened_unforeseen, or_zero, rate, state
from deploy.grafana.source.service_levels import FIRST_OFFERS_IN_TIME

_OVERDUE = Watch("CheckInOverdue")
_EXPIRING = Watch("AuthorisationExpiring", "page")


def _alerts(severity: str) -> Panel:
    firing = f'ALERTS{{alertstate="firing",severity="{severity}"}}'
    return stat(
        f"Alerts: {severity}",
        f"How many alerts of severity {severity} are firing.",
        "short",
        Query(or_zero(f"count({firing})")),
        steps=(Step("green"), Step(COLOURS[severity], 1)),
        width=3,
    )


NEEDED_NOW = Row(
    "Who needs somebody now",
    (
        *map(_alerts, ("page", "ticket")),
        stat(
            "Teams that are silent",
            "Check-ins that are overdue, their grace over. Until somebody has heard from them, "
            "this is an emergency.",
            "short",
            Query(state("muster_check_ins_overdue")),
            watch=(_OVERDUE,),
            width=3,
        ),
        stat(
            "Severe incidents open",
            "Severe and extreme ones; an SOS is always extreme.",
            "short",
            Query(state('muster_incidents_open{severity=~"extreme|severe"}')),
            watch=(Watch("SevereIncidentOpen"),),
            width=3,
        ),
        stat(
            "Emergencies given up",
            "Emergency requests in the time shown for which nobody lawful and able was found.",
            "short",
            Query(
                or_zero(
                    happened_unforeseen(
                        'muster_requests_unfilled_total{urgency="emergency"}', "urgency"
                    )
                ),
                now=True,
            ),
            watch=(Watch("EmergencyUnfilled"),),
            width=3,
        ),
        stat(
            "New requests not taken up",
            "Submitted, and no provider asked yet. It is fine while they are moving on.",
            "short",
            Query(state('muster_requests_open{status="submitted"}')),
            watch=(Watch("RequestsNotTakenUp", threshold=False),),
            width=3,
        ),
        stat(
            "Oldest review",
            "How long the oldest undecided review has been waiting for an operator.",
            "s",
            Query("max(muster_review_oldest_age_seconds)"),
            watch=(Watch("ReviewsOld"),),
            width=3,
        ),
        stat(
            "Papers that run out today",
            "Verified papers of members at confirmed work that run out within a day.",
            "short",
            Query(state('muster_authorisations_expiring{within="1d"}')),
            watch=(_EXPIRING,),
            width=3,
        ),
    ),
)

ASKED = Row(
    "What is asked, and what becomes of it",
    (
        graph(
            "Requests open",
            "Requests that are not over, by where they stand.",
            "short",
            Query(state("muster_requests_open", "status"), "{{status}}"),
            width=8,
            stacked=True,
        ),
        graph(
            "Requests submitted",
            "How many a second, by urgency.",
            "reqps",
            Query(rate("muster_requests_submitted_total", "urgency"), "{{urgency}}"),
            width=8,
            stacked=True,
        ),
        FIRST_OFFERS_IN_TIME,
        bars(
            "Unfilled, by reason",
            "Requests given up in the time shown, by what turned away the most candidates: a "
            "rule, or a lack of capacity.",
            "short",
            Query(
                or_zero(happened_unforeseen("muster_requests_unfilled_total", "reason")),
                "{{reason}}",
                now=True,
            ),
        ),
        bars(
            "Promises of time not kept",
            "In the time shown: first offers too late or never made, offers that ran out "
            "unanswered, teams on scene too late, check-ins missed.",
            "short",
            Query(happened("muster_sla_breaches_total", "objective"), "{{objective}}", now=True),
        ),
        bars(
            "Offers",
            "What became of offers in the time shown.",
            "short",
            Query(happened("muster_offers_total", "outcome"), "{{outcome}}", now=True),
        ),
    ),
)

WORK = Row(
    "Work and those who do it",
    (
        graph(
            "Jobs open",
            "Jobs that are not over, by where they stand.",
            "short",
            Query(state("muster_jobs_open", "status"), "{{status}}"),
            stacked=True,
        ),
        graph(
            "Incidents open",
            "Incidents that are neither resolved nor closed, by severity.",
            "short",
            Query(state("muster_incidents_open", "severity"), "{{severity}}"),
            stacked=True,
        ),
        graph(
            "Reviews waiting",
            "For an operator's decision, by whose law is in question.",
            "short",
            Query(state("muster_reviews_waiting", "jurisdiction"), "{{jurisdiction}}"),
            stacked=True,
        ),
        graph(
            "Notifications",
            "Attempts to tell somebody a second, by channel and outcome.",
            "ops",
            Query(
                rate("muster_notifications_total", "channel, outcome"), "{{channel}} {{outcome}}"
            ),
            watch=(Watch("NotificationsFailing", threshold=False),),
        ),
    ),
)

DASHBOARD = Dashboard(
    "muster-alliance",
    "the alliance at a glance",
    "What is asked of the alliance, what it has, and who needs an operator now.",
    (NEEDED_NOW, ASKED, CAPACITY, WORK, PROCESSES),
)
