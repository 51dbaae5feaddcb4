"""Simulated operators: they decide reviews, suspend and reinstate members, change the rules."""

from collections.abc import Callable
from datetime import timedelta

from muster.access import Caller
from muster.contracts.vocabulary.errors import Conflict
from muster.contracts.vocabulary.statuses import MemberStatus, ReviewStatus
from muster.storage.unit_of_work import UnitOfWork
from services.matching import tables as matching
from services.matching.domain.review import Review
from services.matching.use_cases.decide_review import decide_review
from services.registry import tables as registry
from services.registry.use_cases.move_organisation import move_organisation
from tests.simulation.alliance import OPERATOR, context
from tests.simulation.law import packs
from tests.simulation.machinery import Machinery

HAS_OPEN = "SELECT 1 FROM reviews WHERE status = 'open' LIMIT 1"
MOST_SUSPENSIONS = 2
MOST_RULE_CHANGES = 1


class Operators:
    """The people who steer; each method is one act, or nothing if there is no occasion."""

    def __init__(self, machinery: Machinery, providers: list[Caller]) -> None:
        self._machinery = machinery
        self._chance = machinery.chance
        self._providers = [provider.own_organisation() for provider in providers]
        self._suspensions = 0
        self._rule_changes = 0
        machinery.actors.update(
            {
                "an operator decides": self.decide,
                "an operator learns better": self.decide_otherwise,
                "an operator suspends or reinstates": self.steer_a_member,
                "the rules change": self.change_the_rules,
            }
        )

    def decide(self) -> bool:
        """Decide a review, mostly in favour, after thinking about it for up to an hour."""
        if not self._machinery.has("matching", HAS_OPEN):
            return False
        if self._chance.random() < 0.3:
            thought = timedelta(minutes=self._chance.randint(1, 60))
            self._machinery.skip_to(self._machinery.clock.now() + thought)
            return True
        review = self._chance.choice(self._reviews(ReviewStatus.OPEN))
        favourable = self._chance.random() < 0.9
        return self._answer(review, ReviewStatus.CLEARED if favourable else ReviewStatus.REFUSED)

    def decide_otherwise(self) -> bool:
        """Seldom, take a decision back."""
        if self._chance.random() > 0.002:
            return False
        decided = [*self._reviews(ReviewStatus.CLEARED), *self._reviews(ReviewStatus.REFUSED)]
        if not decided:
            return False
        review = self._chance.choice(decided)
        cleared = review.status is ReviewStatus.CLEARED
        return self._answer(review, ReviewStatus.REFUSED if cleared else ReviewStatus.CLEARED)

    def steer_a_member(self) -> bool:
        """Seldom, suspend a provider; reinstate it soon."""
        provider_id = self._chance.choice(self._providers)
        if self._chance.random() > 0.3:
            return False
        with self._machinery.stores["registry"].read() as connection:
            status = registry.ORGANISATIONS.get(connection, provider_id).status
        if status is MemberStatus.SUSPENDED:
            wanted = MemberStatus.ACTIVE
        elif self._suspensions < MOST_SUSPENSIONS and self._chance.random() < 0.03:
            self._suspensions += 1
            wanted = MemberStatus.SUSPENDED
        else:
            return False
        return self._try(
            "registry",
            lambda work: move_organisation(work, OPERATOR, provider_id, wanted, "a complaint"),
        )

    def change_the_rules(self) -> bool:
        """Seldom, begin to use other rules."""
        if self._rule_changes == MOST_RULE_CHANGES or self._chance.random() > 0.004:
            return False
        self._rule_changes += 1
        self._machinery.adopt(self._chance.choice(packs()[1:]))
        return True

    def _answer(self, review: Review, answer: ReviewStatus) -> bool:
        return self._try(
            "matching",
            lambda work: decide_review(work, OPERATOR, review.review_id, answer, "asked them"),
        )

    def _reviews(self, status: ReviewStatus) -> list[Review]:
        with self._machinery.stores["matching"].read() as connection:
            return matching.REVIEWS.list(connection, matching.reviews.c.status == status)

    def _try(self, service: str, act: Callable[[UnitOfWork], object]) -> bool:
        try:
            self._machinery.stores[service].transact(context(0), act)
        except Conflict:  # another reached it first
            return True
        return True
