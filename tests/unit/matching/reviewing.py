"""A room in which something has to be reviewed, and an operator who decides."""

from dataclasses import replace

from muster.contracts.vocabulary.statuses import ReviewStatus
from muster.contracts.vocabulary.values import Coverage
from services.matching import adoptions, reviews
from services.matching.adoptions import Adoption
from services.matching.domain.flag import Flag
from services.matching.domain.request import Request
from services.matching.domain.review import Review
from services.matching.engine.law.rules import Confidence, Rule
from services.matching.engine.policy import Policy
from services.matching.settings import MatchingSettings
from services.matching.tables import FLAGS, REVIEWS
from services.matching.use_cases.decide_review import decide_review
from tests.unit.matching.builders import (
    OPERATOR,
    PHNOM_PENH,
    Room,
    asking,
    capability_changed,
    licence,
    provider_changed,
)

ASKED = asking(place=PHNOM_PENH)
CAMBODIA = Coverage(frozenset({"KH"}))


def uncertain(*names: str) -> Room:
    """Return a room whose guards are in Cambodia, where the law on guards is not sure."""
    room = Room()
    let_in(room, *(names or ("alpha",)))
    return room


def let_in(room: Room, *names: str, capacity: int = 10) -> None:
    """Let members join that guard in Cambodia."""
    for name in names:
        room.hear_registry(
            provider_changed(name, licence("KH"), home_country="KH"),
            capability_changed(name, base=PHNOM_PENH, coverage=CAMBODIA, capacity=capacity),
        )


def the_reviews(room: Room, status: ReviewStatus | None = None) -> list[Review]:
    """Return all reviews, or those of this status, the first first."""
    with room.store.read() as connection:
        found = REVIEWS.list(connection)
    return [review for review in found if status in (None, review.status)]


def waiting(room: Room, review: Review) -> set[str]:
    """Return the requests that wait for a review."""
    with room.store.read() as connection:
        return set(reviews.waiting_for(connection, review.review_id))


def decide(room: Room, review: Review, answer: ReviewStatus) -> Review:
    """Decide as an operator; nothing has come of it yet."""
    return room.transact(
        lambda work: decide_review(work, OPERATOR, review.review_id, answer, "looked into it")
    )


def cleared(room: Room, request: Request) -> Request:
    """Clear every open review, and return the request as it then stands."""
    for review in the_reviews(room, ReviewStatus.OPEN):
        decide(room, review, ReviewStatus.CLEARED)
    room.wait()
    return room.request(request)


def the_flags(room: Room) -> list[Flag]:
    """Return all flags, raised or cleared."""
    with room.store.read() as connection:
        return FLAGS.list(connection)


def the_adoptions(room: Room) -> list[Adoption]:
    """Return which rule packs came into force, the latest first."""
    with room.store.read() as connection:
        return adoptions.list_adoptions(connection, after=None, limit=10)


def adopt(room: Room, settings: MatchingSettings | None = None) -> int:
    """Let a worker that has just started adopt its rules; return in how many steps."""
    if settings is not None:
        room.settings, room.policy = settings, settings.policy
    vars(room.subscriptions).pop("_rules_used_since", None)
    room.start_anew()
    steps = 1
    while room.subscriptions.adopt_rule_pack(room.store):
        steps += 1
    return steps


class OtherRules(MatchingSettings):
    """Settings under which other rules are in force."""

    def with_policy(self, policy: Policy) -> "OtherRules":
        """Return these settings with another policy."""
        self._policy = policy
        return self


def ruled_otherwise(room: Room, version: str, **changes: Confidence) -> MatchingSettings:
    """Return settings with another rule pack, in which rules (a_b: ``a.b``) are as sure as this."""
    pack = room.policy.pack
    sure = {name.replace("_", "."): confidence for name, confidence in changes.items()}

    def changed(rule: Rule) -> Rule:
        if rule.rule_id not in sure:
            return rule
        return replace(rule, confidence=sure[rule.rule_id], fingerprint=version)

    rules = tuple(map(changed, pack.rules))
    other = replace(room.policy, pack=replace(pack, version=version, rules=rules))
    return OtherRules().with_policy(other)
