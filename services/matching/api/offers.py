"""Offers: look at them, and answer."""

from typing import Annotated

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.responses import Response

from muster.access import Permission
from muster.contracts.vocabulary.identifiers import OfferId, RequestId
from muster.contracts.vocabulary.statuses import OfferStatus
from muster.web import Command, Page, Paging, Query, command_in, page_of, query_in, setting
from services.matching import queries
from services.matching.schemas import CounterBody, Nothing, Why
from services.matching.settings import MatchingSettings
from services.matching.use_cases.accept_offer import accept_offer
from services.matching.use_cases.counter_offer import counter_offer
from services.matching.use_cases.decline_offer import decline_offer
from services.matching.views.offers import OfferView

router = APIRouter(prefix="/v1", tags=["offers"])

ReadOffers = Annotated[Query, query_in("matching", Permission.OFFERS_READ)]
Answer = Annotated[Command, command_in("matching", Permission.OFFERS_ANSWER)]
Settings = Annotated[MatchingSettings, setting(MatchingSettings)]


@router.get("/offers", response_model=Page[OfferView])
def list_offers(
    query: ReadOffers,
    paging: Paging,
    status: OfferStatus | None = None,
    request_id: RequestId | None = None,
) -> Response:
    """List the offers made to you, or on your requests, in the order they were made."""

    def answer(connection: Connection) -> Page[OfferView]:
        found = queries.list_offers(
            connection,
            query.caller,
            status=status,
            request_id=request_id,
            after=paging.after,
            limit=paging.limit,
        )
        views = [OfferView.of(offer) for offer in found]
        return page_of(views, paging.limit, lambda offer: offer.offer_id)

    return query.answer(answer)


@router.get("/offers/{offer_id}", response_model=OfferView)
def get_offer(offer_id: OfferId, query: ReadOffers) -> Response:
    """Look at one offer."""
    return query.answer(
        lambda connection: OfferView.of(queries.get_offer(connection, query.caller, offer_id))
    )


@router.post("/offers/{offer_id}/accept", response_model=OfferView)
def post_acceptance(
    offer_id: OfferId,
    body: Nothing,  # noqa: ARG001 - an empty object
    command: Answer,
    settings: Settings,
) -> Response:
    """Accept an offer; a countered one is for its enterprise to accept, at the new price."""
    return command.execute(
        lambda work: OfferView.of(
            accept_offer(work, command.caller, offer_id, settings.patience, settings.policy)
        ),
    )


@router.post("/offers/{offer_id}/decline", response_model=OfferView)
def post_refusal(offer_id: OfferId, body: Why, command: Answer) -> Response:
    """Decline an offer; a countered one is for its enterprise to decline. Others are asked."""
    return command.execute(
        lambda work: OfferView.of(decline_offer(work, command.caller, offer_id, body.reason)),
    )


@router.post("/offers/{offer_id}/counter", response_model=OfferView)
def post_counter(
    offer_id: OfferId, body: CounterBody, command: Answer, settings: Settings
) -> Response:
    """Offer to serve for another price; the enterprise decides, and has its time to do so."""
    return command.execute(
        lambda work: OfferView.of(
            counter_offer(
                work, command.caller, offer_id, body.price, body.reason, settings.patience
            )
        ),
    )
