"""Simulated operators: they decide reviews, suspend and reinstate members, change the rules."""

from datetime import timedelta

from muster.access import Caller
from muster.contracts.vocabulary.statuses import MemberStatus, ReviewStatus
from services.matching.use_cases.decide_review import decide_review
from services.registry.use_cases.move_organisation import move_organisation
from tests.simulation.alliance import OPERATOR
from tests.simulation.law import packs
from tests.simulation.machinery import Actor, Machinery
from tests.simulation.users import REPEATS_SOON, Users

OPEN = "SELECT review_id FROM reviews WHERE status = 'open' ORDER BY 1"
DECIDED = "SELECT review_id, status FROM reviews WHERE status IN ('cleared', 'refused') ORDER BY 1"
SUSPENDED = "SELECT organisation_id FROM organisations WHERE status = 'suspended' ORDER BY 1"
MOST_SUSPENSIONS = 2


class Operators:
    """The people who steer; each method is one act, for which there is occasion."""

    def __init__(self, machinery: Machinery, providers: list[Caller]) -> None:
        self._machinery = machinery
        self._chance = machinery.chance
        self._providers = [provider.own_organisation() for provider in providers]
        self._suspensions = 0
        self._rules_changed = False
        users = self._users = Users(machinery)
        facts = machinery.databases.facts
        self._open = facts["matching"].question(OPEN)
        self._decided = facts["matching"].question(DECIDED)
        self._suspended = facts["registry"].question(SUSPENDED)
        machinery.actors += [
            Actor("an operator decides", self._open.rows, self.decide, 0.7),
            Actor("an operator thinks", self._open.rows, self.think, 0.3),
            Actor(
                "an operator learns better",
                self._decided.rows,
                self.decide_otherwise,
                0.004,
                idle=True,
            ),
            Actor(
                "an operator suspends",
                lambda: self._suspensions < MOST_SUSPENSIONS,
                self.suspend,
                0.015,
                idle=True,
            ),
            Actor("an operator reinstates", self._suspended.rows, self.reinstate, 0.2),
            Actor(
                "the rules change",
                lambda: not self._rules_changed,
                self.change_the_rules,
                0.01,
                idle=True,
            ),
            Actor("an operator repeats", users.is_waiting, users.repeat, REPEATS_SOON),
        ]

    def think(self) -> None:
        """Take up to an hour."""
        thought = timedelta(minutes=self._chance.randint(1, 60))
        self._machinery.skip_to(self._machinery.clock.now() + thought)

    def decide(self) -> None:
        """Decide a review, mostly in favour."""
        [review_id] = self._chance.choice(self._open.rows())
        favourable = self._chance.random() < 0.9
        self._answer(review_id, ReviewStatus.CLEARED if favourable else ReviewStatus.REFUSED)

    def decide_otherwise(self) -> None:
        """Seldom, take a decision back."""
        review_id, status = self._chance.choice(self._decided.rows())
        cleared = status == ReviewStatus.CLEARED
        self._answer(review_id, ReviewStatus.REFUSED if cleared else ReviewStatus.CLEARED)

    def suspend(self) -> None:
        """Seldom, suspend a provider."""
        self._suspensions += 1
        self._move(self._chance.choice(self._providers), MemberStatus.SUSPENDED)

    def reinstate(self) -> None:
        """Let a provider that is suspended work again."""
        [provider_id] = self._chance.choice(self._suspended.rows())
        self._move(provider_id, MemberStatus.ACTIVE)

    def change_the_rules(self) -> None:
        """Seldom, begin to use other rules."""
        self._rules_changed = True
        self._machinery.adopt(self._chance.choice(packs()[1:]))

    def _answer(self, review_id: str, answer: ReviewStatus) -> None:
        self._users.ask(
            "matching",
            OPERATOR,
            lambda work: decide_review(work, OPERATOR, review_id, answer, "asked them"),  # type: ignore[arg-type]
        )

    def _move(self, provider_id: str, status: MemberStatus) -> None:
        self._users.ask(
            "registry",
            OPERATOR,
            lambda work: move_organisation(work, OPERATOR, provider_id, status, "a complaint"),  # type: ignore[arg-type]
        )
