"""The service levels: what was promised, what is left of the budget, how fast it is used up."""

from deploy.grafana.source.alerts import Step, Watch
from deploy.grafana.source.dashboard import Dashboard, Row
from deploy.grafana.source.panels import Panel, Query, graph, stat
from deploy.grafana.source.tables import table

_NAME = "{{slo}} {{urgency}}"
_ALERTS = ("FirstOffersLate", "WorkAborted", "MessagesNotHandled", "ApiErrors")
_WINDOWS = {  # of the burn rates: what alerts at how many times too fast
    "1h": ("page", 14.4, "Called at once above 14.4, if the last 5 minutes are as bad."),
    "6h": ("page", 6, "Called at once above 6, if the last 30 minutes are as bad."),
    "1d": ("ticket", 3, "A ticket above 3, if the last 2 hours are as bad."),
    "3d": ("ticket", 1, "A ticket above 1, if the last 6 hours are as bad."),
}

FIRST_OFFERS_IN_TIME = graph(
    "First offers within target",
    "Share of requests that got their first offer in time over 5 minutes: 60 s for an emergency, "
    "5 minutes if urgent, an hour if planned. Where nothing was asked, all is in time.",
    "percentunit",
    Query('1 - slo:error_ratio:5m{slo="first-offer"}', "{{urgency}}"),
    watch=(Watch("FirstOffersLate", threshold=False),),
    width=8,
    bounds=(0, 1),
)


def _burning(window: str) -> Panel:
    severity, at, told = _WINDOWS[window]
    return graph(
        f"How fast over {window}",
        f"Times faster than the budget lasts. {told}",
        "x",
        Query(f"slo:burn_rate:{window}", _NAME),
        watch=[Watch(name, severity, at) for name in _ALERTS],
    )


def _column(expression: str) -> Query:
    return Query(f"sum by (slo, urgency) ({expression})", now=True, form="table")


BUDGETS = Row(
    "What is left of the budgets of 30 days",
    (
        stat(
            "Error budget left",
            "1: nothing was spent in 30 days. 0: as much went wrong as may. Below: more did.",
            "percentunit",
            Query("slo:error_budget:remaining_ratio", _NAME),
            watch=[Watch(name, threshold=False) for name in _ALERTS],
            steps=(Step("red"), Step("orange", 0), Step("green", 0.25)),
            width=24,
            named=True,
        ),
        table(
            "What is promised, and what is so",
            "The share that has to go well, and the share that went wrong over each time. "
            "first-offer: asked within the target. work-done: confirmed work is not aborted. "
            "messages-handled: no message ends among the dead letters. http: no 5xx.",
            {
                "promised": _column("slo:objective:ratio"),
                "wrong 1h": _column("slo:error_ratio:1h"),
                "wrong 1d": _column("slo:error_ratio:1d"),
                "wrong 30d": _column("slo:error_ratio:30d"),
                "budget left": _column("slo:error_budget:remaining_ratio"),
            },
            key="slo",
            unit="percentunit",
        ),
        graph(
            "Budget left",
            "Over time. It comes back as what went wrong gets older than 30 days.",
            "percentunit",
            Query("slo:error_budget:remaining_ratio", _NAME),
            bounds=(None, 1),
        ),
    ),
)

BURNING = Row("How fast the budgets are being used up", tuple(map(_burning, _WINDOWS)))

BEHIND = Row(
    "What stands behind it",
    (
        graph(
            "What counts, a second",
            "Requests with their first offer, work that ended, messages handled, requests to "
            "the API.",
            "ops",
            Query("slo:events:rate5m", _NAME),
        ),
        graph(
            "What went wrong, a second",
            "Of these: late or never offered, aborted, dead-lettered, answered with 5xx.",
            "ops",
            Query("slo:errors:rate5m", _NAME),
        ),
    ),
)

DASHBOARD = Dashboard(
    "muster-service-levels",
    "service levels",
    "What the alliance is promised, what is left of the error budgets, and how fast they go.",
    (BUDGETS, BURNING, BEHIND),
    shown="now-24h",
    every="1m",
)
