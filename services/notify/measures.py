"""How things stand in notify, for the gauges that operators see."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from muster.observability import metrics_of_work as metrics
from muster.observability.measuring import set_all
from muster.storage.measures import by_labels
from services.notify.tables import notifications


def measure(connection: Connection, _now: datetime) -> None:
    """Set the gauge of notify."""
    query = (
        select(notifications.c.channel, func.count())
        .where(notifications.c.settled_at.is_(None))
        .group_by(notifications.c.channel)
    )
    set_all(metrics.NOTIFICATIONS_WAITING, by_labels(connection, query))
