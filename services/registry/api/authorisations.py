"""Authorisations: the papers of one organisation."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from muster.access import Permission
from muster.contracts.vocabulary.identifiers import AuthorisationId, OrganisationId
from muster.web import Command, Page, Paging, Query, command_in, query_in
from services.registry import queries, schemas, views
from services.registry.api.answers import answer_page
from services.registry.use_cases.move_authorisation import move_authorisation
from services.registry.use_cases.record_authorisation import record_authorisation

router = APIRouter(tags=["authorisations"])

Recorder = Annotated[Command, command_in("registry", Permission.AUTHORISATIONS_RECORD)]
Verifier = Annotated[Command, command_in("registry", Permission.AUTHORISATIONS_VERIFY)]
OrganisationReader = Annotated[Query, query_in("registry", Permission.ORGANISATIONS_READ)]


@router.post(
    "/v1/organisations/{organisation_id}/authorisations",
    status_code=201,
    response_model=views.AuthorisationView,
)
def post_authorisation(
    organisation_id: OrganisationId, body: schemas.RecordAuthorisation, command: Recorder
) -> Response:
    """Put a paper on record. It counts once an operator has verified it."""
    return command.execute(
        lambda work: views.AuthorisationView.of(
            record_authorisation(work, command.caller, organisation_id, body.paper())
        ),
    )


@router.get(
    "/v1/organisations/{organisation_id}/authorisations",
    response_model=Page[views.AuthorisationView],
)
def list_authorisations(
    organisation_id: OrganisationId, query: OrganisationReader, page: Paging
) -> Response:
    """List the papers of one organisation."""
    return answer_page(
        query,
        page,
        lambda connection: queries.list_authorisations(
            connection, query.caller, organisation_id, page.after, page.limit
        ),
        views.AuthorisationView.of,
        lambda each: each.authorisation_id,
    )


@router.post(
    "/v1/organisations/{organisation_id}/authorisations/{authorisation_id}/status",
    response_model=views.AuthorisationView,
)
def post_authorisation_status(
    organisation_id: OrganisationId,
    authorisation_id: AuthorisationId,
    body: schemas.MoveAuthorisation,
    command: Verifier,
) -> Response:
    """Verify or revoke a paper."""
    return command.execute(
        lambda work: views.AuthorisationView.of(
            move_authorisation(work, organisation_id, authorisation_id, body.status, body.reason)
        ),
    )
