"""How people reach the services: over an API process that may die before it has answered.

Whoever gets no answer sends the request again, under the same idempotency key, as clients do; it
goes through the same code as over HTTP. So a request that took effect twice would show.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from muster.access import Caller
from muster.cli.bootstrap import metadata_of
from muster.context import Context
from muster.contracts.vocabulary.errors import Conflict, DomainError
from muster.storage.store import StoreUnavailable
from muster.storage.unit_of_work import UnitOfWork
from muster.web.idempotency import Answer, Claim, IdempotencyKeys
from tests.simulation.faults import Killed
from tests.stores import memory_store

if TYPE_CHECKING:
    from tests.simulation.machinery import Machinery

Act = Callable[[UnitOfWork], Any]
REPEATS_SOON = 0.5


@cache  # composing the statements of each costs more than all that is asked of them in a story
def _keys(service: str) -> IdempotencyKeys:
    return IdempotencyKeys(memory_store(service, metadata_of(service)))


@dataclass(frozen=True)
class Wish:
    """Something somebody wants done, and what is to happen when it is known to have been done."""

    service: str
    claim: Claim
    context: Context
    act: Act
    done: Callable[[str], None]


class Users:
    """Sends requests, and those without an answer again and again."""

    def __init__(self, machinery: "Machinery") -> None:
        self._machinery = machinery
        self._unanswered: list[Wish] = []
        self._count = 0
        self._stores = {name: machinery.mortal_store(name) for name in machinery.databases.engines}
        self._keys = {name: _keys(name) for name in self._stores}

    def ask(
        self,
        service: str,
        caller: Caller,
        act: Act,
        done: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Have something done; `done` gets the answer, sooner or later, if it was not refused."""
        self._count += 1
        claim = Claim(caller.client_id, f"key-{self._count}", "the same request")
        context = Context(caller.actor, correlation_id=f"cor_{self._count}")
        self._send(Wish(service, claim, context, act, done))

    def is_waiting(self) -> bool:
        """Tell whether somebody still waits for an answer."""
        return bool(self._unanswered)

    def repeat(self) -> None:
        """Send again what was not answered."""
        self._machinery.faults.counts["a client repeated a request"] += 1
        self._send(self._unanswered.pop(0))

    def _send(self, wish: Wish) -> None:
        faults = self._machinery.faults

        def run(work: UnitOfWork) -> Answer:
            return self._keys[wish.service].run_once(
                work, wish.claim, lambda: Answer(200, str(wish.act(work)).encode()), replayable=True
            )

        try:
            answer = self._stores[wish.service].transact(wish.context, run)
        except (Killed, StoreUnavailable):
            self._unanswered.append(wish)
            return
        except Conflict:
            return  # too late, or the wrong step: everyday
        except DomainError as error:
            raise AssertionError(f"an act that makes sense was refused: {error}") from error
        if faults.strikes("an answer was lost", faults.climate.lost_answers):
            self._unanswered.append(wish)
        else:
            wish.done(answer.body.decode())
