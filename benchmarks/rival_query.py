"""One search as one statement of SQL, for `rival`."""

from typing import Any, NamedTuple

from benchmarks.rival_law import cover, lawful, rank, standing
from benchmarks.rival_score import DISTANCE, arrival, score, signed
from muster.contracts.vocabulary.kinds import REMOTE_KINDS, InsuranceLine
from services.matching.engine.gate.case import environment_of, is_armed
from services.matching.engine.index import Search
from services.matching.engine.index.distance import point
from services.matching.engine.index.instants import span
from services.matching.engine.index.outlook import Way
from services.matching.engine.index.partition import cover_columns, law_columns
from services.matching.engine.index.reading import ANY_CURRENCY, UNITS, Book
from services.matching.engine.index.words import demanded
from services.matching.engine.law.judge import CODE_OF_CONDUCT_KINDS
from services.matching.engine.policy import Policy
from services.matching.engine.score import units_of_time

_PEAK = """
(SELECT coalesce(max(level), 0) FROM (
  SELECT sum(change) OVER (ORDER BY at, change ROWS UNBOUNDED PRECEDING) AS level FROM (
    SELECT since AS at, quantity AS change FROM bookings b
     WHERE b.id = best.id AND b.until > %(since)s AND b.since < %(until)s
    UNION ALL
    SELECT b.until, -quantity FROM bookings b
     WHERE b.id = best.id AND b.until > %(since)s AND b.since < %(until)s) steps) levels)
< best.capacity"""


_RANK = """(CASE WHEN standing_since <= %(since)s AND standing_until >= %(until)s
 THEN standing ELSE 0 END)"""


class Statement(NamedTuple):
    """A statement to be prepared, and its parameters."""

    text: str
    parameters: dict[str, Any]


def column_name(name: str) -> str:
    """Return the table's name of a column of the index."""
    return name.lower().replace(" ", "_")


class Query:
    """One search, put together from SQL.

    It finds rows `by` their array of `words` or by their `mask`. The `law` is looked up in the
    `papers`, or taken `digested` from the columns of the index.
    """

    def __init__(
        self, search: Search, cell: int, book: Book, policy: Policy, columns: frozenset[str]
    ) -> None:
        since, until = span(search.window)
        centre = point(search.place.position)
        self.search, self.policy, self._book, self._columns = search, policy, book, columns
        owners = (search.enterprise_id, *sorted(search.excluded))
        self.parameters: dict[str, Any] = {
            "cell": cell,
            "since": since,
            "until": until,
            "px": centre.x,
            "py": centre.y,
            "pz": centre.z,
            "in_time": (search.wanted_by - search.now).total_seconds(),
            "unwanted": [n for n in map(book.owners.find, owners) if n is not None],
        }
        for number, unit in enumerate(UNITS):
            self.parameters[f"per_{number}"] = float(units_of_time(unit, search.window))
        self.score = score(search, book, policy, self.parameters)
        self.arrival = arrival(search, policy.travel)
        self.conduct = _conduct(search, self.parameters)
        self.available = _within("available", columns)
        self.in_time = "round((arrival * 3600.0)::numeric) <= %(in_time)s"
        self.distance = "0.0" if search.kind in REMOTE_KINDS else DISTANCE

    def attributes(self, by: str) -> str:
        """Return the condition that the attributes meet the requirement."""
        found = _attributes(self.search, self._book, self.parameters, by)
        return " AND ".join(found) or "true"

    def digested(self) -> str:
        """Return the condition that the law is clear, by the columns of the index."""
        return " AND ".join(_digested(self.search, self._book, self.parameters, self._columns))

    def cover(self) -> str:
        """Return the condition that the liability cover is as demanded, by the papers."""
        limit = self.search.terms.liability_cover
        if limit is None:
            return "true"
        policies = cover(self.search, InsuranceLine.LIABILITY, armed=is_armed(self.search.required))
        enough = f"p.cover >= {limit.minor_units} AND p.currency = '{limit.currency}'"
        return policies.removesuffix(")") + f" AND {enough})"

    @property
    def blackout(self) -> str:
        """Return the condition that a blackout touches the window."""
        first = "blackout_since < %(until)s AND blackout_until > %(since)s"
        if "more_blackout" not in self._columns:
            return f"({first})"
        return (
            f"({first} OR more_blackout IS NOT NULL AND EXISTS (SELECT FROM unnest(more_blackout) r"
            " WHERE r && int8range(%(since)s, %(until)s)))"
        )


def best_only(query: Query, *, by: str, law: str) -> Statement:
    """Return a statement for the best that are clear, and nothing else."""
    lawful_by = (
        query.digested()
        if law == "digested"
        else f"{lawful(query.search, query.policy)} AND {query.cover()}"
    )
    text = f"""
SELECT 'clear', id, cost FROM (
  SELECT id, capacity, wave + {query.score} AS cost FROM (
    SELECT *, {query.arrival} AS arrival FROM (
      SELECT *, {query.distance} AS distance, {_RANK if law == "digested" else rank()} AS rank
      FROM serving WHERE cell = %(cell)s AND {query.attributes(by)}
        AND owner <> ALL(%(unwanted)s) AND {lawful_by} AND {query.available}
        AND NOT {query.blackout}) lawful
    WHERE distance <= radius AND {query.conduct}) near
  WHERE {query.in_time}
  ORDER BY cost, id) best
WHERE {_PEAK} LIMIT 20"""
    return Statement(text, query.parameters)


def whole(query: Query, *, by: str) -> Statement:
    """Return a statement for all that the index tells: the best, and how many fail which gate."""
    law, review = standing(query.search, query.policy)
    text = f"""
WITH judged AS MATERIALIZED (
  SELECT id, capacity, ruling,
    CASE WHEN ruling IN ('clear', 'review') THEN wave + {query.score} END AS cost
  FROM (SELECT *, CASE
      WHEN owner = ANY(%(unwanted)s) THEN 'not_excluded'
      WHEN NOT ({query.attributes(by)}) THEN 'attributes'
      WHEN distance > radius THEN 'coverage_radius'
      WHEN NOT ({law} AND {query.cover()} AND {query.conduct}) THEN 'law'
      WHEN NOT ({query.in_time}) THEN 'arrival'
      WHEN NOT ({query.available}) THEN 'available'
      WHEN {query.blackout} THEN 'no_blackout'
      WHEN {review} THEN 'review' ELSE 'clear' END AS ruling
    FROM (SELECT *, {query.arrival} AS arrival FROM (
      SELECT *, {query.distance} AS distance, {rank()} AS rank
      FROM serving WHERE cell = %(cell)s) there) serving) told)
{_best_of("clear")} UNION ALL {_best_of("review")}
UNION ALL SELECT ruling, NULL, count(*) FROM judged GROUP BY ruling"""
    return Statement(text, query.parameters)


def _best_of(ruling: str) -> str:
    return f"""
(SELECT ruling, id, cost FROM (
   SELECT * FROM judged WHERE ruling = '{ruling}' ORDER BY cost, id) best
 WHERE {_PEAK} LIMIT 20)"""


def _attributes(search: Search, book: Book, parameters: dict[str, Any], by: str) -> list[str]:
    words, measure = demanded(search.required)
    masks, strange = book.words[search.kind].masks(words)
    found = ["false"] if strange else []
    mask = masks.get(0, 0)
    if by == "mask":
        parameters["mask"] = signed(mask)
        found.append("words_0 & %(mask)s = %(mask)s")
    else:
        parameters["words"] = [bit for bit in range(64) if mask >> bit & 1]
        found.append("words @> %(words)s::int2[]")
    if measure is not None:
        parameters["measure"] = measure
        found.append("measure >= %(measure)s")
    return found


def _digested(
    search: Search, book: Book, parameters: dict[str, Any], columns: frozenset[str]
) -> list[str]:
    way = Way(is_armed(search.required), environment_of(search.required), key_unit=False)
    law = column_name(law_columns(way)[0])
    if law not in columns:
        return ["false"]
    found = [f"{law} = 0", _within(law, columns)]
    limit = search.terms.liability_cover
    if limit is not None:
        names = [column_name(each) for each in cover_columns(armed=way.armed)]
        parameters["cover"] = limit.minor_units
        parameters["cover_currency"] = book.currencies.find(limit.currency)
        found.append(
            f"{names[0]} >= %(cover)s AND {names[1]} IN (%(cover_currency)s, {ANY_CURRENCY})"
            f" AND {names[2]} <= %(since)s AND {names[3]} >= %(until)s"
        )
    return found


def _within(name: str, columns: frozenset[str]) -> str:
    first = f"{name}_since <= %(since)s AND {name}_until >= %(until)s"
    if f"more_{name}" not in columns:
        return first
    return (
        f"({first} OR more_{name} IS NOT NULL"
        f" AND EXISTS (SELECT FROM unnest(more_{name}) r"
        " WHERE r @> int8range(%(since)s, %(until)s)))"
    )


def _conduct(search: Search, parameters: dict[str, Any]) -> str:
    minimum = search.terms.minimum_icoca_class
    if minimum is None or search.kind not in CODE_OF_CONDUCT_KINDS:
        return "true"
    parameters["rank"] = minimum.rank
    return "rank >= %(rank)s"
