"""The capacity calendar: the rows of bookings, and the locks that keep them within capacity.

Whoever makes a booking holds the row locks of all capabilities concerned (`pool.load_pool` takes
them, in the order of their ids). Whoever changes a booking holds the lock of its request.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, insert, select, update

from muster.contracts.vocabulary.identifiers import BookingId, CapabilityId
from muster.contracts.vocabulary.statuses import BookingStatus
from muster.contracts.vocabulary.values import Window
from muster.storage.unit_of_work import UnitOfWork
from services.matching.domain.booking import Booking
from services.matching.record import remember_step
from services.matching.tables import bookings


def taken(
    connection: Connection, capability_ids: Collection[CapabilityId], window: Window
) -> tuple[Booking, ...]:
    """Return what is held or confirmed of these capabilities at any time of the window."""
    return _read(
        connection,
        select(bookings).where(
            bookings.c.capability_id.in_(capability_ids),
            bookings.c.status != BookingStatus.RELEASED,
            bookings.c.starts_at < window.ends_at,
            bookings.c.ends_at > window.starts_at,
        ),
    )


def all_taken(connection: Connection) -> tuple[Booking, ...]:
    """Return everything that is held or confirmed, in the order in which it was booked."""
    return _read(connection, select(bookings).where(bookings.c.status != BookingStatus.RELEASED))


def hold(work: UnitOfWork, made: Sequence[Booking]) -> None:
    """Write new bookings; whoever made them has checked that they fit."""
    if made:
        work.connection.execute(insert(bookings), [_row(booking) for booking in made])


def extend(work: UnitOfWork, booking_ids: Collection[BookingId], expires_at: datetime) -> None:
    """Let held bookings stand until then."""
    work.connection.execute(
        update(bookings)
        .where(bookings.c.booking_id.in_(booking_ids), bookings.c.status == BookingStatus.HELD)
        .values(expires_at=expires_at)
    )


def confirm(work: UnitOfWork, booking_ids: Collection[BookingId], reason: str) -> None:
    """Make held bookings firm."""
    _move(work, booking_ids, (BookingStatus.HELD,), BookingStatus.CONFIRMED, reason)


def release(
    work: UnitOfWork, booking_ids: Collection[BookingId], reason: str
) -> frozenset[BookingId]:
    """Free what these bookings take; return those that were not free before."""
    taking = (BookingStatus.HELD, BookingStatus.CONFIRMED)
    return _move(work, booking_ids, taking, BookingStatus.RELEASED, reason)


def _move(
    work: UnitOfWork,
    booking_ids: Collection[BookingId],
    before: Sequence[BookingStatus],
    after: BookingStatus,
    reason: str,
) -> frozenset[BookingId]:
    if not booking_ids:
        return frozenset()
    concerned = bookings.c.booking_id.in_(booking_ids), bookings.c.status.in_(before)
    found = work.connection.execute(
        select(bookings.c.booking_id, bookings.c.status)
        .where(*concerned)
        .order_by(bookings.c.sequence)
    ).all()
    if found:
        work.connection.execute(update(bookings).where(*concerned).values(status=after.value))
    for booking_id, status in found:
        remember_step(work, "booking", booking_id, status, after, reason)
    return frozenset(BookingId(booking_id) for booking_id, _ in found)


def _read(connection: Connection, query: Select[Any]) -> tuple[Booking, ...]:
    rows = connection.execute(query.order_by(bookings.c.sequence)).mappings()
    return tuple(map(_booking, rows))


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
