"""How the registry's endpoints answer."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.responses import Response

from muster.web import PageRequest, Query, page_of

T = TypeVar("T")
V = TypeVar("V", bound=BaseModel)


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
