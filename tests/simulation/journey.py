"""One simulated story, from an empty registry to the end of every request."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from muster.messaging.disturbance import Disturbance
from services.matching import tables as matching
from tests.simulation.alliance import CAPABILITIES, ENTERPRISES, HOMES, found
from tests.simulation.invariants import check_at_rest, check_now
from tests.simulation.machinery import Machinery
from tests.simulation.operators import Operators
from tests.simulation.people import People

ROUGH = Disturbance(
    duplicate_probability=0.2,
    reorder_probability=0.2,
    max_delay_seconds=30,
    lost_confirm_probability=0.1,
)
MOST_ROUNDS = 3_000
KNOWS_ALL = (
    f"SELECT 1 WHERE (SELECT count(*) FROM capabilities) = {len(HOMES) * len(CAPABILITIES)} "
    f"AND (SELECT count(*) FROM members WHERE status = 'active') = {len(HOMES) + ENTERPRISES}"
)
ADOPTED = select(matching.rule_packs.c.rule_pack).order_by(matching.rule_packs.c.sequence)


@dataclass(frozen=True)
class Ending:
    """How a story ended: the status of each request, review and flag, and the rules in force.

    And how many steps it took.
    """

    statuses: tuple[str, ...]
    reviews: tuple[str, ...]
    flags: tuple[str, ...]
    rule_packs: tuple[str, ...]
    steps: int


def live_through(seed: int, disturbance: Disturbance = ROUGH) -> Ending:
    """Let a seed's story happen; check the invariants after every step and at the end."""
    machinery = Machinery(seed, disturbance)
    enterprises, providers = found(machinery.stores["registry"])
    while not machinery.has("matching", KNOWS_ALL):
        _let_one_round_pass(machinery, {})
    people = People(machinery, enterprises, providers)
    Operators(machinery, providers)
    steps = 0
    for _ in range(MOST_ROUNDS):
        done = _let_one_round_pass(machinery, people.asked)
        steps += done
        if done == 0 and machinery.next_event_at() is None:
            break
    else:
        raise AssertionError(f"the story did not end in {MOST_ROUNDS} rounds")
    check_at_rest(machinery, people.submitted)
    with machinery.stores["matching"].read() as connection:
        return Ending(
            statuses=tuple(r.status.value for r in matching.REQUESTS.list(connection)),
            reviews=tuple(r.status.value for r in matching.REVIEWS.list(connection)),
            flags=tuple(f.status.value for f in matching.FLAGS.list(connection)),
            rule_packs=tuple(connection.execute(ADOPTED).scalars()),
            steps=steps,
        )


def _let_one_round_pass(machinery: Machinery, asked: Mapping[str, int]) -> int:
    """Let everybody act once, or let time pass if nobody can; return how many acted."""
    done = _round(machinery, asked)
    moment = machinery.next_event_at() if done == 0 else None
    if moment is not None:
        machinery.skip_to(moment)
    return done


def _round(machinery: Machinery, asked: Mapping[str, int]) -> int:
    """Ask everybody, in an order of chance, some not at all; return how many did something."""
    names = list(machinery.actors)
    machinery.chance.shuffle(names)
    everybody = machinery.chance.random() < 0.5
    done = 0
    for name in names:
        if not everybody and machinery.chance.random() < 0.5:
            continue
        before = machinery.changes("matching")
        if machinery.actors[name]():
            done += 1
            if machinery.changes("matching") != before:
                check_now(machinery, asked)
    return done if done or everybody else _round(machinery, asked)
