"""How the registry's endpoints answer."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.responses import Response

from muster.storage.unit_of_work import UnitOfWork
from muster.web import Command, PageRequest, Query, page_of
from muster.web.errors import UnacceptableInput
from services.registry.domain.errors import InputRefused

T = TypeVar("T")
V = TypeVar("V", bound=BaseModel)


def execute(
    command: Command, change: Callable[[UnitOfWork], BaseModel], *, replayable: bool = True
) -> Response:
    """Run a change; what a rule refuses becomes a problem that names the field."""
    try:
        return command.execute(change, replayable=replayable)
    except InputRefused as refused:
        raise UnacceptableInput(refused.field, refused.problem, refused.allowed) from refused


def answer_page(
    query: Query,
    page: PageRequest,
    read: Callable[[Connection], Sequence[T]],
    view: Callable[[T], V],
    key: Callable[[V], str],
) -> Response:
    """Answer one page of what `read` finds."""
    return query.answer(
        lambda connection: page_of([view(each) for each in read(connection)], page.limit, key)
    )
