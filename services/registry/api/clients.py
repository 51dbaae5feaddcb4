"""API clients: issue, list, revoke. For operators."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from muster.access import Permission
from muster.contracts.vocabulary.identifiers import ApiClientId
from muster.web import Command, Page, Paging, Query, command_in, query_in
from services.registry import queries, schemas, views
from services.registry.api.answers import answer_page
from services.registry.client_secrets import random_secret
from services.registry.use_cases.issue_api_client import issue_api_client
from services.registry.use_cases.revoke_api_client import revoke_api_client

router = APIRouter(tags=["api-clients"])

ClientGovernor = Annotated[Command, command_in("registry", Permission.API_CLIENTS_GOVERN)]
ClientReader = Annotated[Query, query_in("registry", Permission.API_CLIENTS_GOVERN)]


@router.post("/v1/api-clients", status_code=201, response_model=views.IssuedClientView)
def post_api_client(body: schemas.IssueApiClient, command: ClientGovernor) -> Response:
    """Issue an API client. Its secret is in this answer and nowhere else."""
    return command.execute(
        lambda work: views.IssuedClientView.of(
            issue_api_client(
                work,
                role=body.role,
                name=body.name,
                organisation_id=body.organisation_id,
                new_secret=random_secret,
            )
        ),
        replayable=False,
    )


@router.get("/v1/api-clients", response_model=Page[views.ApiClientView])
def list_api_clients(query: ClientReader, page: Paging) -> Response:
    """List all API clients, without their secrets."""
    return answer_page(
        query,
        page,
        lambda connection: queries.list_api_clients(connection, page.after, page.limit),
        views.ApiClientView.of,
        lambda each: each.client_id,
    )


@router.post("/v1/api-clients/{client_id}/revocation", response_model=views.ApiClientView)
def post_revocation(
    client_id: ApiClientId, body: schemas.RevokeApiClient, command: ClientGovernor
) -> Response:
    """Take a client's access away. Tokens it still has end within minutes."""
    return command.execute(
        lambda work: views.ApiClientView.of(revoke_api_client(work, client_id, body.reason)),
    )
