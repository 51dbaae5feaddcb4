"""The capacity calendar: the rows of bookings, and the locks that keep them within capacity.

Whoever makes a booking holds the row locks of all capabilities concerned (`pool.load_pool` takes
them, in the order of their ids). Whoever changes a booking holds the lock of its request.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from muster.contracts.vocabulary.identifiers import BookingId, CapabilityId
from muster.contracts.vocabulary.statuses import BookingStatus
from muster.contracts.vocabulary.values import Window
from muster.storage.unit_of_work import UnitOfWork
from services.matching.domain.booking import Booking
from services.matching.tables import bookings

_TAKING = (BookingStatus.HELD.value, BookingStatus.CONFIRMED.value)

# Composed once: composing a statement costs more than running it.
_ALL_TAKEN = select(bookings).where(bookings.c.status.in_(_TAKING)).order_by(bookings.c.sequence)
_TAKEN = _ALL_TAKEN.where(
    bookings.c.capability_id.in_(bindparam("capability_ids", expanding=True)),
    bookings.c.starts_at < bindparam("until"),
    bookings.c.ends_at > bindparam("since"),
)
_ADD = insert(bookings)
_EXTEND = (
    update(bookings)
    .where(
        bookings.c.booking_id.in_(bindparam("booking_ids", expanding=True)),
        bookings.c.status == BookingStatus.HELD.value,
    )
    .values(expires_at=bindparam("deadline"))
)
_FIND = (
    select(bookings.c.booking_id, bookings.c.status)
    .where(
        bookings.c.booking_id.in_(bindparam("booking_ids", expanding=True)),
        bookings.c.status.in_(bindparam("states", expanding=True)),
    )
    .order_by(bookings.c.sequence)
)
_MOVE = (
    update(bookings)
    .where(bookings.c.booking_id.in_(bindparam("booking_ids", expanding=True)))
    .values(status=bindparam("after"))
)


def taken(
    connection: Connection, capability_ids: Collection[CapabilityId], window: Window
) -> tuple[Booking, ...]:
    """Return what is held or confirmed of these capabilities at any time of the window."""
    concerned = {
        "capability_ids": capability_ids,
        "since": window.starts_at,
        "until": window.ends_at,
    }
    return tuple(map(_booking, connection.execute(_TAKEN, concerned).mappings()))


def all_taken(connection: Connection) -> tuple[Booking, ...]:
    """Return everything that is held or confirmed, in the order in which it was booked."""
    return tuple(map(_booking, connection.execute(_ALL_TAKEN).mappings()))


def hold(work: UnitOfWork, made: Sequence[Booking]) -> None:
    """Write new bookings; whoever made them has checked that they fit."""
    if made:
        work.connection.execute(_ADD, [_row(booking) for booking in made])


def extend(work: UnitOfWork, booking_ids: Collection[BookingId], expires_at: datetime) -> None:
    """Let held bookings stand until then."""
    work.connection.execute(_EXTEND, {"booking_ids": booking_ids, "deadline": expires_at})


def confirm(work: UnitOfWork, booking_ids: Collection[BookingId], reason: str) -> None:
    """Make held bookings firm."""
    _move(work, booking_ids, (BookingStatus.HELD.value,), BookingStatus.CONFIRMED, reason)


def release(
    work: UnitOfWork, booking_ids: Collection[BookingId], reason: str
) -> frozenset[BookingId]:
    """Free what these bookings take; return those that were not free before."""
    return _move(work, booking_ids, _TAKING, BookingStatus.RELEASED, reason)


def _move(
    work: UnitOfWork,
    booking_ids: Collection[BookingId],
    before: Sequence[str],
    after: BookingStatus,
    reason: str,
) -> frozenset[BookingId]:
    wanted = {"booking_ids": booking_ids, "states": before}
    found = work.connection.execute(_FIND, wanted).all() if booking_ids else ()
    moved = [booking_id for booking_id, _ in found]
    if moved:
        work.connection.execute(_MOVE, {"booking_ids": moved, "after": after.value})
    for booking_id, status in found:
        work.remember_step("booking", booking_id, status, after, reason)
    return frozenset(map(BookingId, moved))


def _booking(row: RowMapping) -> Booking:
    return Booking(
        booking_id=row["booking_id"],
        capability_id=row["capability_id"],
        provider_id=row["provider_id"],
        request_id=row["request_id"],
        need_id=row["need_id"],
        offer_id=row["offer_id"],
        quantity=row["quantity"],
        capacity=row["capacity"],
        window=Window(row["starts_at"], row["ends_at"]),
        status=BookingStatus(row["status"]),
        expires_at=row["expires_at"],
    )


def _row(booking: Booking) -> dict[str, Any]:
    return {
        "booking_id": booking.booking_id,
        "capability_id": booking.capability_id,
        "provider_id": booking.provider_id,
        "request_id": booking.request_id,
        "need_id": booking.need_id,
        "offer_id": booking.offer_id,
        "quantity": booking.quantity,
        "capacity": booking.capacity,
        "starts_at": booking.window.starts_at,
        "ends_at": booking.window.ends_at,
        "status": booking.status.value,
        "expires_at": booking.expires_at,
    }
