"""What a round of sourcing writes: bookings, offers, explanations, and how requests then stand."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert

from muster.contracts.vocabulary.identifiers import BookingId, OfferId, Prefix
from muster.contracts.vocabulary.statuses import BookingStatus
from muster.safeguards import Safeguard
from muster.storage.unit_of_work import UnitOfWork
from services.matching import announcements, calendar, counting, timers
from services.matching.domain.booking import Booking
from services.matching.domain.capacity import Calendar
from services.matching.domain.offer import Offer
from services.matching.domain.request import Request, Shortfall
from services.matching.engine.model import Demand, Hold, Outcome, Pool
from services.matching.explanations import packed
from services.matching.matcher import Matcher
from services.matching.record import save_request
from services.matching.revisions import newest_revision
from services.matching.tables import OFFERS, explanations
from services.matching.use_cases.confirming import propose_if_covered
from services.matching.use_cases.ending import end_request
from services.matching.use_cases.open_reviews import open_reviews

_ADD_EXPLANATIONS = insert(explanations)


class Round:
    """Settles the outcomes of one plan, then writes all new rows at once.

    The plan is a proposal. Whether capacity is free, and the need still open, is checked here once
    more for every hold, against the locked rows: an engine that errs cannot overbook.
    """

    def __init__(
        self, work: UnitOfWork, matcher: Matcher, pool: Pool, *, explains_repeats: bool = True
    ) -> None:
        """Begin a round. One that merely looks again need not explain what it has found before."""
        self._work = work
        self._explains_repeats = explains_repeats
        self._known = matcher.index.revision()
        self._patience = matcher.patience
        self._rules = matcher.policy.pack
        self._without = matcher.without
        self._calendar: Calendar[Booking] = Calendar(pool.bookings)
        self._bookings: list[Booking] = []
        self._offers: list[Offer] = []
        self._explanations: list[dict[str, object]] = []

    def settle(self, demand: Demand, known: Sequence[Offer], outcome: Outcome) -> None:
        """Bring one request from what was known to what the engine decided."""
        request = demand.request
        if self._explains_repeats or not _repeats(request, outcome):
            self._keep_explanation(request, outcome)
        if outcome.hopeless:
            self._give_up(request, outcome)
            return
        made = self._grant(demand, outcome.holds)
        if made and not known:
            counting.first_offer(self._work, request)
        missed = len(made) < len(outcome.holds)
        short = [shortfall for shortfall in outcome.shortfalls if not shortfall.optional]
        waits = missed or _waits(demand, outcome, short)
        sourced = request.sourced(
            outcome.shortfalls, owed=missed or bool(short), waits=waits, known=self._known
        )
        save_request(self._work, request, sourced, reason="offers were made" if made else "")
        if waits:
            due_at = self._work.now + self._patience.retry
            self._work.schedule(timers.SOURCING, request.request_id, due_at)
        elif sourced.sourcing_due:
            due_at = self._work.now + self._patience.look
            self._work.schedule(timers.LOOK_AGAIN, request.request_id, due_at)
        if outcome.questions:
            open_reviews(self._work, sourced, outcome.questions, self._rules)
        propose_if_covered(self._work, sourced, (*known, *made), self._patience)

    def write(self) -> None:
        """Write the new rows of all requests of the round; call it last.

        A member that changed while the round judged may have been looked for among offers before
        these were there to be seen: then whoever was asked is judged again.
        """
        calendar.hold(self._work, self._bookings)
        OFFERS.add_all(self._work, self._offers)
        if self._explanations:
            self._work.connection.execute(_ADD_EXPLANATIONS, self._explanations)
        if self._offers and newest_revision(self._work.connection) != self._known:
            for offer in self._offers:
                self._work.schedule(timers.REQUEST_RECHECK, offer.request_id, self._work.now)

    def _give_up(self, request: Request, outcome: Outcome) -> None:
        unfilled = request.unfilled(outcome.shortfalls)
        event = announcements.unfilled(unfilled)
        reason = "nothing lawful and available is left for a required need"
        end_request(self._work, request, unfilled, event, reason)

    def _grant(self, demand: Demand, holds: Sequence[Hold]) -> list[Offer]:
        """Make an offer of every hold that fits what is free and what its need still misses."""
        made: list[Offer] = []
        missing = dict(demand.missing)
        for hold in holds:
            free = self._calendar.free(hold.capability_id, hold.capability.capacity, hold.window)
            fits = hold.quantity <= min(free, missing[hold.need.need_id])
            if fits or Safeguard.HOLD_CHECK in self._without:
                missing[hold.need.need_id] -= hold.quantity
                made.append(self._make(demand.request, hold))
        return made

    def _make(self, request: Request, hold: Hold) -> Offer:
        work = self._work
        expires_at = self._patience.answer_by(request.urgency, hold.window, work.now)
        booking_id = BookingId(work.ids.new(Prefix.BOOKING))
        offer = _offer(OfferId(work.ids.new(Prefix.OFFER)), booking_id, request, hold, expires_at)
        booking = _booking(offer, hold)
        self._calendar.take(booking)
        self._bookings.append(booking)
        self._offers.append(offer)
        work.remember_step("booking", booking_id, "", booking.status)
        work.remember_step("offer", offer.offer_id, "", offer.status)
        counting.step_of(work, offer)
        work.record(announcements.offer_sent(offer), version=offer.version)
        work.schedule(timers.OFFER_EXPIRY, offer.offer_id, expires_at)
        return offer

    def _keep_explanation(self, request: Request, outcome: Outcome) -> None:
        self._explanations.append(
            {
                "request_id": request.request_id,
                "round": request.rounds + 1,
                "document": packed(outcome.explanation),
                "engine_version": outcome.explanation.engine_version,
                "recorded_at": self._work.now,
            }
        )


def _repeats(request: Request, outcome: Outcome) -> bool:
    """Tell whether this is what the round before came to: nothing, for the same reasons."""
    return not (outcome.hopeless or outcome.holds) and outcome.shortfalls == request.shortfalls


def _waits(demand: Demand, outcome: Outcome, short: Sequence[Shortfall]) -> bool:
    """Tell whether to look again after a while: something may come free by then.

    Who only waits for an operator's answer is sourced again when it comes. Others who could serve
    may come sooner: it looks for them now and then (`look_again`), for as long as it waits.
    """
    if not outcome.questions:
        return bool(short)
    return demand.may_wait and any(shortfall.may_come_back for shortfall in short)


def _offer(
    offer_id: OfferId, booking_id: BookingId, request: Request, hold: Hold, expires_at: datetime
) -> Offer:
    return Offer(
        offer_id=offer_id,
        request_id=request.request_id,
        need_id=hold.need.need_id,
        booking_id=booking_id,
        enterprise_id=request.enterprise_id,
        provider_id=hold.capability.provider_id,
        capability_id=hold.capability_id,
        capability_name=hold.capability.name,
        quantity=hold.quantity,
        requirement=hold.need.required,
        urgency=request.urgency,
        place=request.place,
        window=hold.window,
        price=hold.capability.price,
        expires_at=expires_at,
    )


def _booking(offer: Offer, hold: Hold) -> Booking:
    return Booking(
        booking_id=offer.booking_id,
        capability_id=offer.capability_id,
        provider_id=offer.provider_id,
        request_id=offer.request_id,
        need_id=offer.need_id,
        offer_id=offer.offer_id,
        quantity=offer.quantity,
        capacity=hold.capability.capacity,
        window=offer.window,
        status=BookingStatus.HELD,
        expires_at=offer.expires_at,
    )
