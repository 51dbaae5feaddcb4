"""What the alliance has, and where: by country, on a map and in a table, and by kind."""

from deploy.grafana.source.alerts import Watch
from deploy.grafana.source.dashboard import Row
from deploy.grafana.source.panels import TALL, Json, Panel, Query, graph
from deploy.grafana.source.promql import happened, renamed, state
from deploy.grafana.source.tables import coloured, merged, table

_UNITS = "muster_capacity_units"
_OVERDUE = Watch("CheckInOverdue")


def _column(expression: str) -> Query:
    return Query(expression, now=True, form="table")


def _map() -> Panel:
    """Return the map: how large a dot is says what is free, its colour whether a team is silent."""
    dots: Json = {
        "type": "markers",
        "name": "Countries",
        "location": {
            "mode": "lookup",
            "lookup": "country",
            "gazetteer": "public/gazetteer/countries.json",
        },
        "tooltip": True,
        "config": {
            "showLegend": False,
            "style": {
                "color": {"field": "overdue", "fixed": "green"},
                "opacity": 0.6,
                "size": {"field": "free", "fixed": 5, "min": 4, "max": 20},
                "symbol": {"fixed": "img/icons/marker/circle.svg", "mode": "fixed"},
                "text": {"field": "country", "fixed": "", "mode": "field"},
            },
        },
    }
    options = {
        "basemap": {"config": {}, "type": "default", "name": "Map"},
        "controls": {"mouseWheelZoom": False, "showAttribution": True, "showZoom": True},
        "layers": [dots],
        "tooltip": {"mode": "details"},
        "view": {"id": "coords", "lat": 20, "lon": 20, "zoom": 2},
    }
    free = or_country(state(f'{_UNITS}{{state="free"}}', "country"))
    columns = {"A": "free", "B": "overdue"}
    return Panel(
        "geomap",
        "Where help is free, and where a team is silent",
        "A dot for each country: the larger, the more units are free there now; red if a team at "
        "work there has not said that it is well. The map itself comes from the internet.",
        "short",
        (_column(free), _column(state("muster_check_ins_overdue", "country"))),
        *(12, TALL + 4),
        watches=(_OVERDUE,),
        options=options,
        overrides=(coloured("overdue", (_OVERDUE,), text=False),),
        transformations=merged(columns, "country"),
    )


def or_country(expression: str) -> str:
    """Return an expression by country, with 0 for those where teams are at work and no base is."""
    return f"{expression} or max by (country) (muster_check_ins_overdue) * 0"


def _by_country() -> Panel:
    waiting = renamed(state("muster_reviews_waiting", "jurisdiction"), "jurisdiction", "country")
    return table(
        "By country",
        "Units of capacity by the home of their base (held and confirmed: booked now or ahead), "
        "teams that are silent by where they work, reviews by whose law is in question, and "
        "papers of members at confirmed work that run out within a week.",
        {
            "offered": _column(state(f'{_UNITS}{{state="offered"}}', "country")),
            "free": _column(state(f'{_UNITS}{{state="free"}}', "country")),
            "held": _column(state(f'{_UNITS}{{state="held"}}', "country")),
            "confirmed": _column(state(f'{_UNITS}{{state="confirmed"}}', "country")),
            "overdue": _column(state("muster_check_ins_overdue", "country")),
            "reviews": _column(f"sum by (country) ({waiting})"),
            "papers": _column(state('muster_authorisations_expiring{within="7d"}', "country")),
        },
        key="country",
        watch={
            "overdue": (_OVERDUE,),
            "papers": (Watch("AuthorisationExpiring", "ticket"),),
        },
        height=TALL + 4,
    )


CAPACITY = Row(
    "What the alliance has, and where",
    (
        _map(),
        _by_country(),
        graph(
            "Capacity in use, by kind",
            "Units confirmed or held, now or ahead.",
            "short",
            Query(
                state(f'{_UNITS}{{state=~"held|confirmed"}}', "kind, state"), "{{kind}} {{state}}"
            ),
            stacked=True,
        ),
        table(
            "By kind",
            "Units of capacity, and offers made in the time shown.",
            {
                "offered": _column(state(f'{_UNITS}{{state="offered"}}', "kind")),
                "free": _column(state(f'{_UNITS}{{state="free"}}', "kind")),
                "held": _column(state(f'{_UNITS}{{state="held"}}', "kind")),
                "confirmed": _column(state(f'{_UNITS}{{state="confirmed"}}', "kind")),
                "offers": _column(happened('muster_offers_total{outcome="sent"}', "kind")),
                "declined": _column(happened('muster_offers_total{outcome="declined"}', "kind")),
            },
            key="kind",
        ),
    ),
)
