"""Every metric of the work itself: what is asked, found, done, and what goes wrong with it.

Counters move when the transaction commits that decides what they count. Gauges of state are
measured by every worker of the service from its database; so all of them export the same figure,
and `max without (instance, process)` is the way to read it.
"""

from muster.contracts.vocabulary.kinds import AuthorisationKind
from muster.contracts.vocabulary.statuses import IncidentSeverity, JobStatus, RequestStatus
from muster.observability.labels import COUNTRY, KIND, URGENCY
from muster.observability.measuring import API, WORKER, Label, counter, gauge, histogram

_ENDED = ("closed", "cancelled", "expired", "unfilled", "completed", "aborted")
_CHANNEL = ("email", "webhook", "stream")
_MATCHING, _DISPATCH, _NOTIFY = ("matching",), ("dispatch",), ("notify",)
_MEASURED = "measured every 15 s"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400

REQUESTS_SUBMITTED = counter(
    "muster_requests_submitted_total",
    "Requests that were taken.",
    [URGENCY],
    [API],
    "when a request is submitted",
    of=_MATCHING,
)
FIRST_OFFER_SECONDS = histogram(
    "muster_request_first_offer_seconds",
    "Time from a request's submission to its first offer to a provider, operators' reviews "
    "included. Targets: 60 s for an emergency, 300 s if urgent, 3,600 s if planned. "
    "Exemplars carry the trace id.",
    [URGENCY],
    [WORKER],
    "when a round of sourcing makes the first offer",
    (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, _MINUTE, 120, 300, 900, _HOUR, 4 * _HOUR, _DAY),
    of=_MATCHING,
)
CONFIRMATION_SECONDS = histogram(
    "muster_request_confirmation_seconds",
    "Time from a request's submission to its confirmation, people's answers included.",
    [URGENCY],
    [API, WORKER],
    "when a request is confirmed",
    (
        *(1, 5, 15, 30, _MINUTE, 120, 300, 600, 1800),
        *(_HOUR, 2 * _HOUR, 4 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY),
    ),
    of=_MATCHING,
)
REQUESTS_UNFILLED = counter(
    "muster_requests_unfilled_total",
    "Requests given up because nobody lawful and able was left, by what turned away the most "
    "candidates for the first required need that is short.",
    [
        URGENCY,
        Label(
            "reason",
            bound="the gate's rules, `capacity`, `review` and `no_candidate_in_country`: "
            "bounded by the rule pack, see muster_gate_verdicts_total",
        ),
    ],
    [WORKER],
    "when a request is given up",
    of=_MATCHING,
)
REQUESTS_OPEN = gauge(
    "muster_requests_open",
    "Requests that are not over.",
    [Label("status", tuple(s for s in RequestStatus if s not in _ENDED)), URGENCY],
    [WORKER],
    _MEASURED,
    of=_MATCHING,
)
GATE_VERDICTS = counter(
    "muster_gate_verdicts_total",
    "What rules said of the candidates in rounds of sourcing. Of those that are too many to be "
    "listed in the explanation, only the first rule they fail is counted.",
    [
        Label(
            "rule",
            bound="13 rules of the engine, each rule of the rule pack (33 in Muster's own), 2 "
            "terms of a request, and `no_rule.<host>.<aspect>` where a host has none (at most 3 "
            "for each country served): below 100",
        ),
        Label(
            "jurisdiction",
            bound="whose rule it is: a country, or `*` for the alliance's and the engine's own. "
            "A rule has one, so this adds no series",
        ),
        Label("verdict", ("passed", "review", "failed")),
    ],
    [WORKER],
    "when a round of sourcing commits",
    of=_MATCHING,
)
OFFERS = counter(
    "muster_offers_total",
    "Offers by what became of them: each is `sent` once, and then whatever it becomes.",
    [
        KIND,
        Label(
            "outcome",
            (
                *("sent", "accepted", "declined", "countered"),
                *("expired", "withdrawn", "committed", "released"),
            ),
        ),
    ],
    [API, WORKER],
    "with each step of an offer",
    of=_MATCHING,
)
CAPACITY_UNITS = gauge(
    "muster_capacity_units",
    "Units of capacity by the home of their base. `offered` is what is published; `held` and "
    "`confirmed` are what is booked now or ahead (a unit booked for two separate days counts "
    "twice); `free` is what is offered and not in use at this moment.",
    [KIND, COUNTRY, Label("state", ("offered", "held", "confirmed", "free"))],
    [WORKER],
    _MEASURED,
    of=_MATCHING,
)
JOBS_OPEN = gauge(
    "muster_jobs_open",
    "Jobs that are not over.",
    [Label("status", tuple(s for s in JobStatus if s not in _ENDED))],
    [WORKER],
    _MEASURED,
    of=_DISPATCH,
)
CHECK_INS_OVERDUE = gauge(
    "muster_check_ins_overdue",
    "Teams at work that have not said they are well when they should have, by where they work.",
    [COUNTRY],
    [WORKER],
    _MEASURED,
    of=_DISPATCH,
)
CHECK_INS_MISSED = counter(
    "muster_check_ins_missed_total",
    "Check-ins that did not come within their grace.",
    [],
    [WORKER],
    "when a check-in is missed",
    of=_DISPATCH,
)
INCIDENTS_OPEN = gauge(
    "muster_incidents_open",
    "Incidents that are neither resolved nor closed, unfounded or a duplicate.",
    [Label("severity", tuple(IncidentSeverity))],
    [WORKER],
    _MEASURED,
    of=_DISPATCH,
)
SLA_BREACHES = counter(
    "muster_sla_breaches_total",
    "Promises of time that were not kept. `first_offer`: made later than its target (see "
    "muster_request_first_offer_seconds), or the request was given up or ran out without one; "
    "`answer`: an offer ran out unanswered; `arrival`: a team was on scene after the window had "
    "begun; `check_in`: a check-in was missed.",
    [Label("objective", ("first_offer", "answer", "arrival", "check_in")), URGENCY],
    [API, WORKER],
    "when the breach is noticed",
    of=(*_MATCHING, *_DISPATCH),
)
REVIEWS_WAITING = gauge(
    "muster_reviews_waiting",
    "Reviews that wait for an operator's decision, by the country whose rules leave it open.",
    [Label("jurisdiction", bound=COUNTRY.bound)],
    [WORKER],
    _MEASURED,
    of=_MATCHING,
)
REVIEW_AGE = gauge(
    "muster_review_oldest_age_seconds",
    "How long the oldest undecided review has been waiting; 0 if none is.",
    [],
    [WORKER],
    _MEASURED,
    of=_MATCHING,
)
AUTHORISATIONS_EXPIRING = gauge(
    "muster_authorisations_expiring",
    "Verified papers that run out so soon, of members with confirmed work that is not over, by "
    "the members' home. What runs out within a day is counted within a week, too.",
    [COUNTRY, Label("kind", tuple(AuthorisationKind)), Label("within", ("1d", "7d", "30d"))],
    [WORKER],
    _MEASURED,
    of=_MATCHING,
)

NOTIFICATIONS = counter(
    "muster_notifications_total",
    "Attempts to tell somebody, by channel and outcome; of the live stream, entries sent.",
    [Label("channel", _CHANNEL), Label("outcome", ("sent", "retried", "failed", "suppressed"))],
    [API, WORKER],
    "after each attempt",
    of=_NOTIFY,
)
NOTIFICATIONS_WAITING = gauge(
    "muster_notifications_waiting",
    "Notifications that are neither sent nor given up.",
    [Label("channel", ("email", "webhook"))],
    [WORKER],
    _MEASURED,
    of=_NOTIFY,
)

SOLVER_SECONDS = histogram(
    "muster_solver_duration_seconds",
    "Time the allocator took for one problem.",
    [],
    [WORKER],
    "with each plan of a round of sourcing",
    (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5),
    of=_MATCHING,
)
SOLVER_GAP = histogram(
    "muster_solver_gap_ratio",
    "How much better the allocation could at most have been, as a share of its cost; 0: optimal.",
    [],
    [WORKER],
    "with each plan of a round of sourcing",
    (0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1),
    of=_MATCHING,
)
INDEX_CAPABILITIES = gauge(
    "muster_search_index_capabilities",
    "Capabilities in this worker's search index.",
    [],
    [WORKER],
    _MEASURED,
    of=_MATCHING,
)
INDEX_AGE = gauge(
    "muster_search_index_age_seconds",
    "Time since this worker's search index was last brought up to date with the database, "
    "which is done before every search: while nobody searches it grows, and that is no fault.",
    [],
    [WORKER],
    _MEASURED,
    of=_MATCHING,
)
