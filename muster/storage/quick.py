"""Connections that run again what they have run before with a fraction of the usual overhead.

SQLAlchemy compiles each statement once and converts values by the columns' types, here as ever; the
database runs it. What is left out is what happens in between at every execution, and that costs
more than SQLite does itself. It applies to statements that are kept and used again: one that is
composed anew each time, or asks for anything unusual, is executed as always.

It reads what SQLAlchemy keeps to itself of a compiled statement. The version is pinned, and the
tests of this module and of both stores fail if that changes.
"""
# ruff: noqa: SLF001

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.engine.row import Row
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import Float, Numeric

from muster.storage.several import Several, at_least_one, at_most_one

Values = Mapping[str, Any]

_PLANS = "_muster_plans"  # where a statement keeps its plans
_OF = "of"  # whose plans they are
_MOST_LENGTHS = 64  # texts kept of a statement with lists


def make_quick(engine: Engine) -> None:
    """Let every connection of this engine be a quick one."""
    engine._connection_cls = QuickConnection  # it has no other place for it


class QuickResult:
    """What a statement found, all of it at hand; answers what our code asks of a CursorResult."""

    def __init__(self, plan: "_Plan", found: Sequence[Any], rowcount: int, key: Any) -> None:
        self._plan = plan
        self._found = found
        self.rowcount = rowcount
        self.inserted_primary_key = key

    def __iter__(self) -> Iterator[Any]:
        return iter(self.all())

    def all(self) -> list[Any]:
        """Return all rows."""
        return [self._plan.row(each) for each in self._found]

    def first(self) -> Any:
        """Return the first row, or None."""
        return self._plan.row(self._found[0]) if self._found else None

    def one_or_none(self) -> Any:
        """Return the only row, or None; raise MultipleResultsFound."""
        at_most_one(self._found)
        return self.first()

    def one(self) -> Any:
        """Return the only row; raise NoResultFound or MultipleResultsFound."""
        at_least_one(self._found)
        return self.one_or_none()

    def scalar(self) -> Any:
        """Return the first value of the first row, or None."""
        return self._plan.first_value(self._found[0]) if self._found else None

    def scalar_one(self) -> Any:
        """Return the first value of the only row; raise NoResultFound or MultipleResultsFound."""
        return self.scalars().one()

    def scalar_one_or_none(self) -> Any:
        """Return the first value of the only row, or None; raise MultipleResultsFound."""
        return self.scalars().one_or_none()

    def scalars(self) -> Several:
        """Return the first values of all rows."""
        value = self._plan.first_value
        return Several([value(each) for each in self._found])

    def mappings(self) -> Several:
        """Return the rows by name."""
        return Several([row._mapping for row in self.all()])


class QuickConnection(Connection):
    """Executes as SQLAlchemy does: the same statements, values, errors and transactions."""

    def execute(
        self, statement: Any, parameters: Any = None, *, execution_options: Any = None
    ) -> Any:
        """Execute a statement once, or once for each of several sets of values."""
        plans = statement.__dict__.get(_PLANS)
        # A statement that was made of this one has its attributes too, but is another.
        if plans is None or plans[_OF] != id(statement):
            # It may never come again: then a plan would be made in vain.
            statement.__dict__[_PLANS] = {_OF: id(statement)}
        elif self._is_plain():
            many = isinstance(parameters, list) and len(parameters) > 1
            first: Values = (parameters[0] if isinstance(parameters, list) else parameters) or {}
            key = (self.dialect, many, *first)
            plan = plans.get(key)
            if plan is None and key not in plans:
                plan = plans[key] = _plan(statement, self.dialect, list(first), many=many)
            if plan is not None:
                return self._run(plan, parameters if many else first, many=many)
        return super().execute(statement, parameters, execution_options=execution_options)

    def run_text(self, sql: str) -> None:
        """Run a command that takes no values and finds nothing, such as BEGIN."""
        cursor = self.connection.cursor()
        try:
            cursor.execute(sql)
            cursor.close()
        except BaseException as error:
            self._handle_dbapi_exception(error, sql, None, cursor, None)

    def _is_plain(self) -> bool:
        transaction = self._transaction
        return (
            transaction is not None
            and transaction.is_active
            and self._nested_transaction is None
            and not self.dispatch.before_cursor_execute  # somebody wants to see what is executed
        )

    def _run(self, plan: "_Plan", values: Any, *, many: bool) -> QuickResult:
        cursor = self.connection.cursor()
        sql, bound = plan.sql, None
        found: Sequence[Any] = ()
        try:
            if many:
                bound = [plan.bind(each)[1] for each in values]
                cursor.executemany(sql, bound)
            else:
                sql, bound = plan.bind(values)
                cursor.execute(sql, bound)
            if plan.returns:
                found = cursor.fetchall()
            result = QuickResult(plan, found, cursor.rowcount, plan.key_of(found, cursor))
            cursor.close()
        except BaseException as error:
            self._handle_dbapi_exception(error, sql, bound, cursor, None)
        return result


class _Slot:
    """A value of a statement: its name there, the name it is given by, or else what it is."""

    def __init__(self, compiled: SQLCompiler, name: str, bind: Any, given: Sequence[str]) -> None:
        self.name = name
        self.key = next((each for each in (bind.key, name) if each in given), None)
        self.constant = None if self.key is not None else bind.effective_value
        self.process: Any = compiled._bind_processors.get(name)

    def of(self, values: Values) -> Any:
        """Return the value as it was given."""
        return self.constant if self.key is None else values[self.key]


class _Plan:
    """How to run a statement: its text, where its values come from, what its columns are."""

    def __init__(self, compiled: SQLCompiler, given: Sequence[str], dialect: Any) -> None:
        self.sql = compiled.string
        self._compiled = compiled
        names = {name: bind for bind, name in compiled.bind_names.items()}
        self._lists = sorted(compiled.bind_names[bind] for bind in compiled.post_compile_params)
        self._positional = compiled.positional
        ordered = compiled.positiontup if self._positional and not self._lists else names
        self._slots = [_Slot(compiled, name, names[name], given) for name in ordered or ()]
        self._texts: dict[tuple[int, ...], _Text] = {}
        columns = compiled._result_columns
        self.returns = bool(columns)
        self._meta = SimpleResultMetaData([column.keyname for column in columns])
        processors = [column.type._cached_result_processor(dialect, None) for column in columns]
        self._processors = processors if any(processors) else None
        self._first = processors[0] if processors else None
        self._returns_key = bool(compiled.implicit_returning)

    def bind(self, values: Values) -> tuple[str, Any]:
        """Return the text and the values to run, as the driver wants them."""
        if self._lists:
            return self._bind_lists(values)
        if self._positional:
            row = []
            for slot in self._slots:
                value = slot.constant if slot.key is None else values[slot.key]
                row.append(value if slot.process is None else slot.process(value))
            return self.sql, row
        named = {}
        for slot in self._slots:
            value = slot.constant if slot.key is None else values[slot.key]
            named[slot.name] = value if slot.process is None else slot.process(value)
        return self.sql, named

    def _bind_lists(self, values: Values) -> tuple[str, Any]:
        named = {slot.name: slot.of(values) for slot in self._slots}
        for name in self._lists:
            named[name] = list(named[name])
        lengths = tuple(len(named[name]) for name in self._lists)
        text = self._texts.get(lengths)
        if text is None:
            text = _Text(self._compiled, named)
            if len(self._texts) < _MOST_LENGTHS:
                self._texts[lengths] = text
        return text.sql, text.bind(named, positional=self._positional)

    def row(self, found: Sequence[Any]) -> Any:
        """Return a row as SQLAlchemy makes it."""
        return Row(self._meta, self._processors, self._meta._key_to_index, found)

    def first_value(self, found: Sequence[Any]) -> Any:
        """Return the first value of a row."""
        return found[0] if self._first is None else self._first(found[0])

    def key_of(self, found: Sequence[Any], cursor: Any) -> Any:
        """Return the key that an insert was given by the database."""
        if self._returns_key:
            return self.row(found[0]) if found else None
        return (getattr(cursor, "lastrowid", None),)


class _Text:
    """The text of a statement for lists of certain lengths, and where its values come from."""

    def __init__(self, compiled: SQLCompiler, named: Values) -> None:
        state = compiled._process_parameters_for_postcompile(dict(named))
        self.sql = state.statement
        processors = {**compiled._bind_processors, **state.processors}
        members = {
            member: (name, place)
            for name, several in state.parameter_expansion.items()
            for place, member in enumerate(several)
        }
        single = [name for name in named if name not in state.parameter_expansion]
        names = state.positiontup if compiled.positional else [*single, *members]
        self._slots = [
            (name, *members.get(name, (name, None)), processors.get(name)) for name in names or ()
        ]

    def bind(self, named: Values, *, positional: bool) -> Any:
        """Return the values as the driver wants them."""
        found: dict[str, Any] | None = None if positional else {}
        row = []
        for own, name, place, process in self._slots:
            value = named[name] if place is None else named[name][place]
            value = value if process is None else process(value)
            if found is None:
                row.append(value)
            else:
                found[own] = value
        return row if found is None else found


def _plan(statement: Any, dialect: Any, given: list[str], *, many: bool) -> _Plan | None:
    """Return how to run the statement with values of these names; None: only SQLAlchemy can."""
    if statement.get_execution_options() or not hasattr(statement, "_compiler"):
        return None
    compiled = statement.compile(dialect=dialect, column_keys=sorted(given), for_executemany=many)
    return _Plan(compiled, given, dialect) if _is_simple(compiled, given, many=many) else None


def _is_simple(compiled: Any, given: Sequence[str], *, many: bool) -> bool:
    if not isinstance(compiled, SQLCompiler):
        return False
    binds = compiled.bind_names
    return not (
        compiled.literal_execute_params
        or compiled.insert_prefetch
        or compiled.update_prefetch
        or getattr(compiled, "postfetch", None)
        or compiled.escaped_bind_names
        or compiled._textual_ordered_columns
        or compiled.isplaintext
        or (many and (compiled._result_columns or compiled.post_compile_params))
        or any(bind.type._is_tuple_type for bind in compiled.post_compile_params)
        or any(isinstance(column.type, Float | Numeric) for column in compiled._result_columns)
        or any(
            bind.callable is not None
            or (bind.required and bind.key not in given and name not in given)
            for bind, name in binds.items()
        )
    )
