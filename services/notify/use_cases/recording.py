"""Write down what was sent, even if the store is away just then."""

import time
from collections.abc import Callable
from typing import TypeVar

from muster.context import Context
from muster.contracts.vocabulary.errors import TransientError
from muster.storage.store import Store
from muster.storage.unit_of_work import UnitOfWork

T = TypeVar("T")

# Together most of a minute: well within the lease, after which somebody else would send it again.
_PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0, *(2.0,) * 20)


def record_for_sure(store: Store, context: Context, command: Callable[[UnitOfWork], T]) -> T:
    """Run the command in a transaction, again and again while the store cannot take it.

    Only for what may be run twice: a commit that broke off may have been kept. Raises what the
    store raised last if it stays away.
    """
    for pause in _PAUSES:
        try:
            return store.transact(context, command)
        except TransientError:
            time.sleep(pause)
    return store.transact(context, command)
