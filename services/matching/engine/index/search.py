"""One search from end to end: all gates, then the score, then the best."""

from collections.abc import Iterable

from muster.contracts.vocabulary.identifiers import OrganisationId
from services.matching.engine.index import gates
from services.matching.engine.index.partition import Partition
from services.matching.engine.index.question import Found, Free, Search
from services.matching.engine.index.ranking import best, scores
from services.matching.engine.index.reading import Book
from services.matching.engine.index.records import Records
from services.matching.engine.index.sieve import Sieve
from services.matching.engine.policy import Policy


def answer(
    search: Search,
    partition: Partition,
    book: Book,
    records: Records,
    policy: Policy,
    opponents: Iterable[OrganisationId],
    limit: int,
    free: Free | None,
) -> Found:
    """Return who of the partition could serve; `opponents` are in conflict with the enterprise."""
    sieve = Sieve(partition)
    if sieve.size:
        gates.bar_unwanted(sieve, search, book, opponents)
        gates.begin_with_attributes(sieve, search, book)
    if len(sieve):
        gates.keep_near(sieve, search)
        gates.keep_lawful(sieve, search, book)
        gates.keep_by_terms(sieve, search, book)
        gates.keep_timely(sieve, search, policy.travel)
    if not len(sieve):
        return Found((), (), 0, 0, sieve.turned_away, len(partition))
    records.reserve(len(book.owners))
    score = scores(sieve, search, book, records, policy.weights)
    review = sieve.carried["review"]
    doubtful, clear = review.nonzero()[0], (~review).nonzero()[0]
    return Found(
        clear=best(sieve, clear, score, limit, free),
        review=best(sieve, doubtful, score, limit, free),
        clear_in_all=len(clear),
        review_in_all=len(doubtful),
        turned_away=sieve.turned_away,
        total=len(partition),
    )
