"""The same question for PostgreSQL: the index's own columns as a table, and the search as SQL.

What an expert would do: everything the gates look at is worked out when a capability changes and
kept in one wide row for each country it serves, clustered by kind and country; words are an array
with a GIN index, and a bit mask beside it; nothing is joined but the bookings of the best.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import psycopg

from benchmarks.rival_law import fill_papers
from benchmarks.rival_query import column_name
from benchmarks.taken import Taken
from muster.contracts.vocabulary.identifiers import OrganisationId
from services.matching.engine.index import Index
from services.matching.engine.index.partition import Partition
from services.matching.engine.index.reading import Book
from services.matching.engine.index.records import Records
from services.matching.engine.policy import Policy

_SERVING = """
CREATE TABLE serving (cell int2 NOT NULL, id text COLLATE "C" NOT NULL, capacity int4 NOT NULL,
  home text NOT NULL, nationalities text[] NOT NULL, personnel text[] NOT NULL,
  quality float8 NOT NULL, share float8 NOT NULL, words int2[] NOT NULL,"""
_TYPES = {
    "i1": "int2",
    "i2": "int2",
    "i4": "int4",
    "i8": "int8",
    "u8": "int8",
    "f8": "float8",
    "b1": "bool",
}


def fill(
    connection: psycopg.Connection, index: Index, taken: Taken, policy: Policy
) -> frozenset[str]:
    """Make the tables, from the columns of the index and what is taken; return the columns."""
    partitions, book, records = index.inside()
    names = sorted({name for partition in partitions for name in partition.columns.view})
    kinds = {
        name: next(p.columns.view[name].dtype.str[1:] for p in partitions if name in p.columns)
        for name in names
    }
    further = sorted({name for partition in partitions for name in partition.spans})
    columns = [f"{column_name(name)} {_TYPES[kinds[name]]} NOT NULL" for name in names]
    columns += [f"more_{column_name(name)} int8range[]" for name in further]
    connection.execute(f"{_SERVING} {', '.join(columns)})")
    connection.execute(
        'CREATE TABLE bookings (id text COLLATE "C" NOT NULL, since int8 NOT NULL,'
        " until int8 NOT NULL, quantity int4 NOT NULL)"
    )
    with connection.cursor().copy("COPY serving FROM STDIN") as copy:
        for cell, partition in enumerate(partitions):
            for row in _rows(cell, partition, book, records, taken, names, kinds, further):
                copy.write_row(row)
    with connection.cursor().copy("COPY bookings FROM STDIN") as copy:
        for capability_id, uses in taken.uses.items():
            for use in uses:
                copy.write_row((capability_id, *use))
    for statement in (
        "CREATE EXTENSION btree_gin",
        "CREATE INDEX by_cell ON serving (cell)",
        "CLUSTER serving USING by_cell",
        "CREATE INDEX by_words ON serving USING gin (cell, words)",
        "CREATE INDEX by_owner ON serving (owner)",
        "CREATE INDEX by_capability ON bookings (id, until) INCLUDE (since, quantity)",
        "VACUUM (FREEZE, ANALYZE)",
    ):
        connection.execute(statement)
    members = [(book.owners.learn(each), member) for each, member in taken.members.items()]
    fill_papers(connection, members, policy)
    found = connection.execute("SELECT * FROM serving LIMIT 0").description or ()
    return frozenset(column.name for column in found)


def _rows(
    cell: int,
    partition: Partition,
    book: Book,
    records: Records,
    taken: Taken,
    names: Sequence[str],
    kinds: dict[str, str],
    further: Sequence[str],
) -> Iterator[Sequence[Any]]:
    view, size = partition.columns.view, len(partition.ids)
    if not size:
        return
    zeros = np.zeros(size, dtype=np.int64)
    columns = []
    for name in names:
        column = view.get(name, zeros)
        if kinds[name] == "u8":
            column = column.view(np.int64)
        elif kinds[name] == "b1":
            column = column.astype(np.bool_)
        columns.append(column.tolist())
    masks = view["words 0"].tolist()
    owners = view["owner"]
    more = [_further(partition, name) for name in further]
    quality, share = records.quality(owners).tolist(), records.share(owners).tolist()
    for row, values in enumerate(zip(*columns, strict=True)):
        words = "{" + ",".join([str(bit) for bit in range(64) if masks[row] >> bit & 1]) + "}"
        spans = [each.get(row) for each in more]
        capability_id = partition.ids[row]
        people = taken.people.get(capability_id)
        yield (
            cell,
            capability_id,
            taken.capacities[capability_id],
            taken.members[OrganisationId(book.owners[owners[row]])].home_country,
            sorted(people.nationalities) if people else [],
            sorted(people.personnel_licences) if people else [],
            quality[row],
            share[row],
            words,
            *values,
            *spans,
        )


def _further(partition: Partition, name: str) -> dict[int, str]:
    if name not in partition.spans:
        return {}
    found: dict[int, list[str]] = defaultdict(list)
    for row, since, until in partition.spans[name].listed():
        found[row].append(f'"[{since},{until})"')
    return {row: "{" + ",".join(spans) + "}" for row, spans in found.items()}
