"""Requests: ask for protection, follow it, approve, cancel, and learn why."""

from typing import Annotated

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.responses import Response

from muster.access import Caller, Permission
from muster.contracts.vocabulary.identifiers import RequestId
from muster.contracts.vocabulary.statuses import RequestStatus
from muster.storage.unit_of_work import UnitOfWork
from muster.web import Command, Page, Paging, Query, command_in, page_of, query_in, setting
from services.matching import explanations, queries
from services.matching.domain.request import Request
from services.matching.schemas import Nothing, RequestBody, Why
from services.matching.settings import MatchingSettings
from services.matching.use_cases.approve_request import approve_request
from services.matching.use_cases.cancel_request import cancel_request
from services.matching.use_cases.submit_request import submit_request
from services.matching.views.explanations import ExplanationView
from services.matching.views.requests import RequestView

router = APIRouter(prefix="/v1", tags=["requests"])

Submit = Annotated[Command, command_in("matching", Permission.REQUESTS_SUBMIT)]
ReadRequests = Annotated[Query, query_in("matching", Permission.REQUESTS_READ)]
Steer = Annotated[Command, command_in("matching", Permission.REQUESTS_STEER)]
Settings = Annotated[MatchingSettings, setting(MatchingSettings)]


@router.post("/requests", status_code=201, response_model=RequestView)
def post_request(body: RequestBody, command: Submit, settings: Settings) -> Response:
    """Ask for protection. It is safe once answered; providers are then sought."""
    rules = settings.policy.pack
    return command.execute(
        lambda work: _view(
            work, command.caller, submit_request(work, command.caller, body.asked(), rules)
        ),
    )


@router.get("/requests", response_model=Page[RequestView])
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


@router.get("/requests/{request_id}", response_model=RequestView)
def get_request(request_id: RequestId, query: ReadRequests) -> Response:
    """Look at one request."""
    return query.answer(
        lambda connection: RequestView.of(queries.get_request(connection, query.caller, request_id))
    )


@router.get("/requests/{request_id}/explanation", response_model=ExplanationView)
def get_explanation(request_id: RequestId, query: ReadRequests) -> Response:
    """Learn who was considered for each need, and why or why not."""
    return query.answer(
        lambda connection: ExplanationView.of(
            request_id, explanations.get_explanation(connection, query.caller, request_id)
        )
    )


@router.post("/requests/{request_id}/approve", response_model=RequestView)
def post_approval(
    request_id: RequestId,
    body: Nothing,  # noqa: ARG001 - an empty object
    command: Steer,
    settings: Settings,
) -> Response:
    """Approve what is proposed: bookings are confirmed and the providers are bound."""
    return command.execute(
        lambda work: _view(
            work, command.caller, approve_request(work, command.caller, request_id, settings.policy)
        )
    )


@router.post("/requests/{request_id}/cancel", response_model=RequestView)
def post_cancellation(request_id: RequestId, body: Why, command: Steer) -> Response:
    """Cancel a request in any state that is not final; everything it held is released."""
    return command.execute(
        lambda work: _view(
            work, command.caller, cancel_request(work, command.caller, request_id, body.reason)
        ),
    )


def _view(work: UnitOfWork, caller: Caller, request: Request) -> RequestView:
    return RequestView.of(queries.read(work.connection, caller, request))
