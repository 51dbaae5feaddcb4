"""Everybody who serves one kind of need in one country, in columns."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import CapabilityId
from muster.contracts.vocabulary.kinds import CapabilityKind
from services.matching.engine.index.columns import Columns
from services.matching.engine.index.instants import Span
from services.matching.engine.index.outlook import Way
from services.matching.engine.index.spans import Spans

# Times are in columns that end in " since" and " until"; see `_type_of` for those not named here.
_TYPES: Mapping[str, type[np.generic]] = {
    "owner": np.int32,
    "more": np.bool_,  # it has spans beyond its columns
    "measure": np.int64,
    "x": np.float64,  # of the base's unit vector
    "y": np.float64,
    "z": np.float64,
    "radius": np.float64,
    "lead": np.float64,  # hours
    "wave": np.int8,
    "by_land": np.bool_,
    "price": np.float64,
    "per": np.int8,
    "standing": np.int8,
    "cover": np.int64,
    "armed cover": np.int64,
}
_PER_ROW = 8 + 100  # bytes a row takes besides: its id's place in the list and in the table


def word_column(group: int) -> str:
    """Return the name of the column with this group of words."""
    return f"words {group}"


def law_columns(way: Way) -> tuple[str, str, str, str]:
    """Return the names of the columns on one way: what the law says, since, until, otherwise."""
    name = f"law {way.armed} {way.environment} {way.key_unit}"
    return name, f"{name} since", f"{name} until", f"{name} otherwise"


def cover_columns(*, armed: bool) -> tuple[str, str, str, str]:
    """Return the names of the columns on liability cover: limit, currency, since, until."""
    name = "armed cover" if armed else "cover"
    return name, f"{name} currency", f"{name} since", f"{name} until"


def standing_spans(rank: int) -> str:
    """Return the name of the further spans for which an ICoCA class of this rank is held."""
    return f"standing {rank}"


def _type_of(column: str) -> type[np.generic]:
    if column.startswith("words "):
        return np.uint64
    if column.endswith((" since", " until")):
        return np.int64
    return _TYPES.get(column, np.int16)


@dataclass(frozen=True)
class Row:
    """What one capability becomes: values of columns, and what fits into none."""

    values: Mapping[str, Any]
    strange: set[str]  # words without a bit
    spans: Mapping[str, Sequence[Span]]  # beyond the first, under the name of the column


@dataclass
class Partition:
    """The columns of one kind and host country, and how to find a capability's row.

    Capabilities that no search can find, because their provider is not active or they are not
    published, are only counted.
    """

    kind: CapabilityKind
    host: Country
    columns: Columns = field(default_factory=Columns)
    ids: list[CapabilityId] = field(default_factory=list)
    rows: dict[CapabilityId, int] = field(default_factory=dict)
    shut: dict[CapabilityId, str] = field(default_factory=dict)
    shut_by: Counter[str] = field(default_factory=Counter)
    strange: dict[str, set[CapabilityId]] = field(default_factory=dict)
    spans: dict[str, Spans] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids) + len(self.shut)

    @property
    def nbytes(self) -> int:
        """Return about how much memory it takes."""
        further = sum(spans.nbytes for spans in self.spans.values())
        return self.columns.nbytes + further + len(self) * _PER_ROW

    def shut_out(self, capability_id: CapabilityId, rule: str) -> None:
        """Count the capability, which is not here, as one that fails this rule whoever asks."""
        self.shut[capability_id] = rule
        self.shut_by[rule] += 1

    def put(self, capability_id: CapabilityId, row: Row) -> None:
        """Add a capability that is not here."""
        for column in row.values:
            if column not in self.columns:
                self.columns.add(column, _type_of(column))
        at = self.columns.append(row.values)
        self.ids.append(capability_id)
        self.rows[capability_id] = at
        for column, spans in row.spans.items():
            self.spans.setdefault(column, Spans()).add(at, spans)
        for word in row.strange:
            self.strange.setdefault(word, set()).add(capability_id)

    def remove(self, capability_id: CapabilityId) -> None:
        """Remove a capability that is here."""
        rule = self.shut.pop(capability_id, None)
        if rule is not None:
            self.shut_by[rule] -= 1
            return
        at = self.rows.pop(capability_id)
        view = self.columns.view
        last = len(self.ids) - 1
        for spans in self.spans.values() if view["more"][at] else ():
            spans.drop(at)
        for spans in self.spans.values() if view["more"][last] and last != at else ():
            spans.move(last, at)
        for capability_ids in self.strange.values():
            capability_ids.discard(capability_id)
        self.columns.remove(at)
        moved = self.ids.pop()
        if last != at:
            self.ids[at] = moved
            self.rows[moved] = at

    def at(self, capability_ids: Sequence[CapabilityId] | frozenset[CapabilityId]) -> list[int]:
        """Return the rows of those of these capabilities that are here."""
        return [self.rows[each] for each in capability_ids if each in self.rows]
