"""A database that runs the services' own statements with a fraction of the usual overhead.

SQLAlchemy compiles each statement, once, and converts values by the columns' types; SQLite runs it.
What is left out is what happens in between at every execution, which costs far more than SQLite
itself. `test_thin_sql` shows that a story told through it is the story told without it.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, Self

from sqlalchemy import Engine
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.engine.row import Row
from sqlalchemy.exc import DBAPIError, MultipleResultsFound, NoResultFound
from sqlalchemy.sql.compiler import SQLCompiler

from muster.storage.engine import READ_ONLY
from muster.storage.several import Several

Values = Mapping[str, Any]
_PLANS_OF = "_thin_plans"  # where a statement keeps its plans


class ThinResult:
    """What a statement found, all of it at hand."""

    def __init__(self, plan: "Plan | None", found: Sequence[Any], cursor: sqlite3.Cursor) -> None:
        self._plan = plan
        self._found = found
        self.rowcount = cursor.rowcount
        self.inserted_primary_key = (cursor.lastrowid,)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.all())

    def all(self) -> list[Any]:
        """Return all rows."""
        assert self._plan is not None
        row = self._plan.row
        return [row(each) for each in self._found]

    def first(self) -> Any:
        """Return the first row, or None."""
        assert self._plan is not None
        return self._plan.row(self._found[0]) if self._found else None

    def one_or_none(self) -> Any:
        """Return the only row, or None; more are an error."""
        if len(self._found) > 1:
            raise MultipleResultsFound("one row at most was expected")
        return self.first()

    def one(self) -> Any:
        """Return the only row; anything else is an error."""
        if not self._found:
            raise NoResultFound("a row was expected")
        return self.one_or_none()

    def scalar(self) -> Any:
        """Return the first value of the first row, or None."""
        assert self._plan is not None
        return self._plan.first_value(self._found[0]) if self._found else None

    def scalar_one(self) -> Any:
        """Return the first value of the only row."""
        self.one()
        return self.scalar()

    def scalars(self) -> Several:
        """Return the first values of all rows."""
        assert self._plan is not None
        value = self._plan.first_value
        return Several([value(each) for each in self._found])

    def mappings(self) -> Several:
        """Return the rows by name."""
        return Several([row._mapping for row in self.all()])


class _Expanded:
    """The text of a statement for lists of certain lengths, and where its values come from."""

    def __init__(self, compiled: SQLCompiler, values: Values) -> None:
        state = compiled._process_parameters_for_postcompile(dict(values))
        self.sql = state.statement
        processors = {**compiled._bind_processors, **state.processors}
        origins = {
            expanded: (name, place)
            for name, several in state.parameter_expansion.items()
            for place, expanded in enumerate(several)
        }
        self._slots = [
            (*origins.get(name, (name, None)), processors.get(name))
            for name in state.positiontup or ()
        ]

    def positional(self, values: Values) -> list[Any]:
        """Return the values in the order of their places."""
        found = []
        for name, place, process in self._slots:
            value = values[name] if place is None else values[name][place]
            found.append(value if process is None else process(value))
        return found


class Plan:
    """How to run a statement: its text, where its values come from, what its columns are."""

    def __init__(self, compiled: SQLCompiler, given: Sequence[str], dialect: Any) -> None:
        assert not compiled.literal_execute_params, compiled.string
        assert not compiled.insert_prefetch, compiled.string
        assert not compiled.update_prefetch, compiled.string
        self.compiled = compiled
        self.sql = compiled.string
        self.expanding = sorted(compiled.bind_names[bind] for bind in compiled.post_compile_params)
        self.returns = bool(compiled._result_columns)
        changes = compiled.isinsert or compiled.isupdate or compiled.isdelete
        self.written = str(compiled.compile_state.dml_table.name) if changes else ""  # type: ignore[union-attr]
        self._expanded: dict[tuple[int, ...], _Expanded] = {}
        self._slots = self._sources(given)
        columns = compiled._result_columns
        self._meta = SimpleResultMetaData([column.keyname for column in columns])
        processors = [column.type._cached_result_processor(dialect, None) for column in columns]
        self._processors = processors if any(processors) else None
        self._first = processors[0] if processors else None

    def _sources(self, given: Sequence[str]) -> list[tuple[str, str | None, int, Any, Any]]:
        """Return, by place, the name, the key the caller gives it by, or else whose it is."""
        compiled = self.compiled
        indexes: dict[Any, int] = {}
        if compiled.cache_key is not None and compiled._cache_key_bind_match is not None:
            twins, _ = compiled._cache_key_bind_match
            for index, extracted in enumerate(compiled.cache_key[1]):
                indexes.update(dict.fromkeys(twins[extracted], index))
        slots = []
        names = {name: bind for bind, name in compiled.bind_names.items()}
        for name in names if self.expanding else (compiled.positiontup or ()):
            bind = names[name]
            key = next((each for each in (bind.key, name) if each in given), None)
            assert key is not None or not bind.required, f"{name} is missing for {self.sql}"
            process = compiled._bind_processors.get(name)
            slots.append((name, key, indexes.get(bind, -1), bind, process))
        return slots

    def bind(self, values: Values, extracted: Sequence[Any]) -> tuple[str, list[Any]]:
        """Return the text and the values to run."""
        if self.expanding:
            return self._bind_expanding(values, extracted)
        found = []
        for _, key, index, bind, process in self._slots:
            if key is not None:
                value = values[key]
            else:
                value = (extracted[index] if index >= 0 else bind).effective_value
            found.append(value if process is None else process(value))
        return self.sql, found

    def _bind_expanding(self, values: Values, extracted: Sequence[Any]) -> tuple[str, list[Any]]:
        named: dict[str, Any] = {}
        for name, key, index, bind, _ in self._slots:
            if key is not None:
                named[name] = values[key]
            else:
                named[name] = (extracted[index] if index >= 0 else bind).effective_value
        for name in self.expanding:
            named[name] = list(named[name])
        lengths = tuple(len(named[name]) for name in self.expanding)
        expanded = self._expanded.get(lengths)
        if expanded is None:
            expanded = self._expanded[lengths] = _Expanded(self.compiled, named)
        return expanded.sql, expanded.positional(named)

    def row(self, found: Sequence[Any]) -> Any:
        """Return a row as SQLAlchemy makes it."""
        return Row(self._meta, self._processors, self._meta._key_to_index, found)

    def first_value(self, found: Sequence[Any]) -> Any:
        """Return the first value of a row."""
        return found[0] if self._first is None else self._first(found[0])


class Runs(Protocol):
    """An engine: plans statements and runs them in transactions."""

    dialect: Any
    database: sqlite3.Connection

    @property
    def plan(self) -> Callable[..., Any]:
        """Return what tells how a statement is run."""
        ...

    def run(self, plan: Plan, extracted: Sequence[Any], several: Sequence[Values]) -> ThinResult:
        """Run it for each set of values."""
        ...

    def begin(self, *, read_only: bool) -> None:
        """Begin a transaction."""
        ...

    def commit(self) -> None:
        """Commit it."""
        ...

    def roll_back(self) -> None:
        """Roll back what is not committed."""
        ...


class ThinConnection:
    """What the services need of a connection, and no more."""

    def __init__(self, engine: Runs) -> None:
        self._engine = engine
        self._read_only = False
        self.dialect = engine.dialect

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def execution_options(self, **options: object) -> Self:
        """Note whether it will only read."""
        self._read_only = options.get(READ_ONLY) is True
        return self

    def begin(self) -> "ThinTransaction":
        """Begin a transaction."""
        return ThinTransaction(self._engine, read_only=self._read_only)

    def execute(self, statement: Any, parameters: Any = None, **_: object) -> ThinResult:
        """Run a statement once, or once for each of several sets of values."""
        many = isinstance(parameters, list) and len(parameters) > 1
        first: Values = (parameters[0] if isinstance(parameters, list) else parameters) or {}
        plan, extracted = self._engine.plan(statement, first, many=many)
        return self._engine.run(plan, extracted, parameters if many else [first])


class ThinTransaction:
    """Commits or rolls back at its end."""

    def __init__(self, engine: Runs, *, read_only: bool) -> None:
        self._engine = engine
        self._read_only = read_only
        self._open = True

    def __enter__(self) -> Self:
        self._engine.begin(read_only=self._read_only)
        return self

    def __exit__(self, failure: object, *_: object) -> None:
        if self._open and failure is None:
            self.commit()
        elif self._open:
            self._engine.roll_back()

    def commit(self) -> None:
        """Keep what was done."""
        self._engine.commit()
        self._open = False


class ThinEngine:
    """A database in memory, with the one connection it has."""

    def __init__(self, engine: Engine, database: sqlite3.Connection) -> None:
        self.url = engine.url
        self.dialect = engine.dialect
        self.database = database
        self.written: set[str] = set()  # tables that were written to; whoever looks empties it
        self._compiled: dict[Any, Plan] = {}

    def connect(self) -> ThinConnection:
        """Return a connection."""
        return ThinConnection(self)

    def plan(self, statement: Any, values: Values, *, many: bool) -> tuple[Plan, Sequence[Any]]:
        """Return how to run it, and the parameters that are written into it."""
        given = (many, *values)
        owner, plans = statement.__dict__.get(_PLANS_OF, (None, {}))
        if owner != id(statement):  # a copy brings along the plans of its original
            plans = {}
            statement.__dict__[_PLANS_OF] = (id(statement), plans)
        found = plans.get(given)
        if found is None:
            found = plans[given] = self._compile(statement, values, many=many)
        return found  # type: ignore[no-any-return]

    def _compile(self, statement: Any, values: Values, *, many: bool) -> tuple[Plan, Sequence[Any]]:
        key = statement._generate_cache_key()
        shared = None if key is None else (key.key, many, *values)
        plan = None if shared is None else self._compiled.get(shared)
        if plan is None:
            compiled = statement._compiler(
                self.dialect, cache_key=key, column_keys=list(values), for_executemany=many
            )
            plan = Plan(compiled, list(values), self.dialect)
            if shared is not None:
                self._compiled[shared] = plan
        return plan, () if key is None else key.bindparams

    def run(self, plan: Plan, extracted: Sequence[Any], several: Sequence[Values]) -> ThinResult:
        """Run it for each set of values."""
        cursor = self.database.cursor()
        if plan.written:
            self.written.add(plan.written)
        found: list[Any] = []
        sql = plan.sql
        try:
            if len(several) > 1 and not plan.returns:
                rows = [plan.bind(values, extracted)[1] for values in several]
                cursor.executemany(sql, rows)
            else:
                for values in several:
                    sql, row = plan.bind(values, extracted)
                    cursor.execute(sql, row)
                    if plan.returns:
                        found += cursor.fetchall()
        except sqlite3.Error as error:
            raise failure(sql, error) from error
        return ThinResult(plan, found, cursor)

    def begin(self, *, read_only: bool) -> None:
        """Begin a transaction."""
        self.database.execute("BEGIN")

    def commit(self) -> None:
        """Commit it."""
        self.database.execute("COMMIT")

    def roll_back(self) -> None:
        """Roll back what is not committed."""
        if self.database.in_transaction:
            self.database.execute("ROLLBACK")


def failure(sql: str, error: sqlite3.Error) -> BaseException:
    """Return the error as SQLAlchemy raises it."""
    return DBAPIError.instance(sql, None, error, sqlite3.Error, hide_parameters=True)
