"""How many connections to its database a process keeps, read from the pool and nowhere else."""

from sqlalchemy import Engine
from sqlalchemy.pool import QueuePool

from muster.observability.metrics import POOL_CONNECTIONS, POOL_LIMIT


def show_pool(service: str, engine: Engine) -> None:
    """Let the metrics of this process show the pool of a service's engine from now on.

    An engine without a pool to speak of (SQLite in memory) shows none.
    """
    pool = engine.pool
    if not isinstance(pool, QueuePool):
        return
    POOL_CONNECTIONS.labels(service, "in_use").set_function(pool.checkedout)
    POOL_CONNECTIONS.labels(service, "idle").set_function(pool.checkedin)
    overflow = pool._max_overflow  # noqa: SLF001 - nothing else tells it
    POOL_LIMIT.labels(service).set(pool.size() + overflow)
