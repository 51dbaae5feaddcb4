"""One simulated story, from an empty registry to the end of every request."""

from dataclasses import dataclass

from muster.messaging.disturbance import Disturbance
from services.matching import tables as matching
from tests.simulation.alliance import enterprises, found
from tests.simulation.invariants import check_at_rest, check_now
from tests.simulation.machinery import Machinery
from tests.simulation.people import People

ROUGH = Disturbance(
    duplicate_probability=0.2,
    reorder_probability=0.2,
    max_delay_seconds=30,
    lost_confirm_probability=0.1,
)
MOST_ROUNDS = 3_000


@dataclass(frozen=True)
class Ending:
    """How a story ended: each request's status, and how many steps it took."""

    statuses: tuple[str, ...]
    steps: int


def live_through(seed: int, disturbance: Disturbance = ROUGH) -> Ending:
    """Let a seed's story happen; check the invariants after every step and at the end."""
    machinery = Machinery(seed, disturbance)
    people = People(machinery, enterprises(), found(machinery.stores["registry"]))
    steps = 0
    for _ in range(MOST_ROUNDS):
        done = _round(machinery)
        steps += done
        if done == 0:
            moment = machinery.next_event_at()
            if moment is None:
                break
            machinery.skip_to(moment)
    else:
        raise AssertionError(f"the story did not end in {MOST_ROUNDS} rounds")
    check_at_rest(machinery, people.submitted)
    with machinery.stores["matching"].read() as connection:
        statuses = tuple(r.status.value for r in matching.REQUESTS.list(connection))
    machinery.close()
    return Ending(statuses, steps)


def _round(machinery: Machinery) -> int:
    """Ask everybody, in an order of chance, some not at all; return how many did something."""
    names = list(machinery.actors)
    machinery.chance.shuffle(names)
    done = 0
    asked_all = machinery.chance.random() < 0.5
    for name in names:
        if not asked_all and machinery.chance.random() < 0.5:
            continue
        if machinery.actors[name]():
            done += 1
            check_now(machinery)
    return done if done or asked_all else _round(machinery)
