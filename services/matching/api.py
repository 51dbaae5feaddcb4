"""Everything that comes into matching over HTTP: requests, and answers to offers."""

from typing import Annotated

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.responses import Response

from muster.access import Permission
from muster.contracts.vocabulary.identifiers import OfferId, RequestId
from muster.contracts.vocabulary.statuses import OfferStatus, RequestStatus
from muster.storage.unit_of_work import UnitOfWork
from muster.web import Command, Page, Paging, Query, command_in, page_of, query_in, setting
from services.matching import explanations, queries
from services.matching.domain.request import Request
from services.matching.schemas import CounterBody, Nothing, RequestBody, Why
from services.matching.settings import MatchingSettings
from services.matching.use_cases.accept_offer import accept_offer
from services.matching.use_cases.approve_request import approve_request
from services.matching.use_cases.cancel_request import cancel_request
from services.matching.use_cases.counter_offer import counter_offer
from services.matching.use_cases.decline_offer import decline_offer
from services.matching.use_cases.submit_request import submit_request
from services.matching.views import ExplanationView, OfferView, RequestView

router = APIRouter(prefix="/v1")

Submit = Annotated[Command, command_in("matching", Permission.REQUESTS_SUBMIT)]
ReadRequests = Annotated[Query, query_in("matching", Permission.REQUESTS_READ)]
Steer = Annotated[Command, command_in("matching", Permission.REQUESTS_STEER)]
ReadOffers = Annotated[Query, query_in("matching", Permission.OFFERS_READ)]
Answer = Annotated[Command, command_in("matching", Permission.OFFERS_ANSWER)]
Settings = Annotated[MatchingSettings, setting(MatchingSettings)]


@router.post("/requests", status_code=201, response_model=RequestView, tags=["requests"])
def post_request(body: RequestBody, command: Submit) -> Response:
    """Ask for protection. It is safe once answered; providers are then sought."""
    return command.execute(
        lambda work: _view(work, submit_request(work, command.caller, body.asked())),
    )


@router.get("/requests", response_model=Page[RequestView], tags=["requests"])
def list_requests(
    query: ReadRequests, paging: Paging, status: RequestStatus | None = None
) -> Response:
    """List the requests you may see, in the order they were submitted."""

    def answer(connection: Connection) -> Page[RequestView]:
        found = queries.list_requests(
            connection, query.caller, status=status, after=paging.after, limit=paging.limit
        )
        views = [RequestView.of(reading) for reading in found]
        return page_of(views, paging.limit, lambda request: request.request_id)

    return query.answer(answer)


@router.get("/requests/{request_id}", response_model=RequestView, tags=["requests"])
def get_request(request_id: RequestId, query: ReadRequests) -> Response:
    """Look at one request."""
    return query.answer(
        lambda connection: RequestView.of(queries.get_request(connection, query.caller, request_id))
    )


@router.get("/requests/{request_id}/explanation", response_model=ExplanationView, tags=["requests"])
def get_explanation(request_id: RequestId, query: ReadRequests) -> Response:
    """Learn who was considered for each need, and why or why not."""
    return query.answer(
        lambda connection: ExplanationView.of(
            request_id, explanations.get_explanation(connection, query.caller, request_id)
        )
    )


@router.post("/requests/{request_id}/approve", response_model=RequestView, tags=["requests"])
def post_approval(request_id: RequestId, body: Nothing, command: Steer) -> Response:  # noqa: ARG001
    """Approve what is proposed: bookings are confirmed and the providers are bound."""
    return command.execute(
        lambda work: _view(work, approve_request(work, command.caller, request_id))
    )


@router.post("/requests/{request_id}/cancel", response_model=RequestView, tags=["requests"])
def post_cancellation(request_id: RequestId, body: Why, command: Steer) -> Response:
    """Cancel a request in any state that is not final; everything it held is released."""
    return command.execute(
        lambda work: _view(work, cancel_request(work, command.caller, request_id, body.reason)),
    )


@router.get("/offers", response_model=Page[OfferView], tags=["offers"])
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


@router.get("/offers/{offer_id}", response_model=OfferView, tags=["offers"])
def get_offer(offer_id: OfferId, query: ReadOffers) -> Response:
    """Look at one offer."""
    return query.answer(
        lambda connection: OfferView.of(queries.get_offer(connection, query.caller, offer_id))
    )


@router.post("/offers/{offer_id}/accept", response_model=OfferView, tags=["offers"])
def post_acceptance(
    offer_id: OfferId,
    body: Nothing,  # noqa: ARG001 - an empty object
    command: Answer,
    settings: Settings,
) -> Response:
    """Accept an offer; a countered one is for its enterprise to accept, at the new price."""
    return command.execute(
        lambda work: OfferView.of(accept_offer(work, command.caller, offer_id, settings.patience)),
    )


@router.post("/offers/{offer_id}/decline", response_model=OfferView, tags=["offers"])
def post_refusal(offer_id: OfferId, body: Why, command: Answer) -> Response:
    """Decline an offer; a countered one is for its enterprise to decline. Others are asked."""
    return command.execute(
        lambda work: OfferView.of(decline_offer(work, command.caller, offer_id, body.reason)),
    )


@router.post("/offers/{offer_id}/counter", response_model=OfferView, tags=["offers"])
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


def _view(work: UnitOfWork, request: Request) -> RequestView:
    return RequestView.of(queries.read(work.connection, request))
