"""Lists in pages: a limit, and an opaque cursor that says where the next page begins."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel

from muster.contracts.event import Contract
from muster.contracts.vocabulary.errors import InputRefused

MAX_LIMIT = 500
DEFAULT_LIMIT = 50

T = TypeVar("T", bound=BaseModel)


class Page(Contract, Generic[T]):
    """One page of a list. Pass `next_cursor` as `cursor` to get the next; null: no more."""

    items: tuple[T, ...]
    next_cursor: str | None = None


def page_of(items: Sequence[T], limit: int, key: Callable[[T], str]) -> Page[T]:
    """Return a page of `items`, which the query cut off at `limit`; `key` gives an item's id.

    A full page has a next cursor, even if the next page then turns out to be empty.
    """
    shown = tuple(items[:limit])
    full = len(shown) == limit
    return Page(items=shown, next_cursor=encode_cursor(key(shown[-1])) if full else None)


def encode_cursor(last_id: str) -> str:
    """Return the cursor that continues after this id."""
    return urlsafe_b64encode(last_id.encode()).rstrip(b"=").decode()


def decode_cursor(cursor: str) -> str:
    """Return the id a cursor continues after; raise InputRefused for a tampered one."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        last_id = urlsafe_b64decode(padded).decode("ascii")
    except (NotBase64, ValueError) as error:
        raise _bad_cursor() from error
    if not last_id.isprintable() or not last_id or encode_cursor(last_id) != cursor:
        raise _bad_cursor()
    return last_id


@dataclass(frozen=True)
class PageRequest:
    """Which page is wanted: at most `limit` items whose id comes after `after`."""

    limit: int
    after: str | None


async def _page_request(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items on a page.")] = (
        DEFAULT_LIMIT
    ),
    cursor: Annotated[
        str | None, Query(max_length=256, description="`next_cursor` of the page before.")
    ] = None,
) -> PageRequest:
    return PageRequest(limit, None if cursor is None else decode_cursor(cursor))


# The type of an endpoint's parameter that reads ?limit=&cursor=.
Paging = Annotated[PageRequest, Depends(_page_request)]


def _bad_cursor() -> InputRefused:
    return InputRefused(
        "cursor",
        "is not a cursor this list gave out",
        "the next_cursor of the page before, unchanged; leave it out to start at the beginning",
    )
