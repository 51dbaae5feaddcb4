"""Organisations: apply, look, and take steps in a member's life."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from muster.access import Permission
from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.web import Command, Page, Paging, Query, command_in, query_in
from services.registry import queries, schemas, views
from services.registry.api.answers import answer_page
from services.registry.use_cases.apply_for_membership import apply_for_membership
from services.registry.use_cases.declare_conflicts import declare_conflicts
from services.registry.use_cases.move_organisation import move_organisation

router = APIRouter(tags=["organisations"])

Anybody = Annotated[Command, command_in("registry", None)]
Withdrawer = Annotated[Command, command_in("registry", Permission.ORGANISATIONS_WITHDRAW)]
ConflictDeclarer = Annotated[Command, command_in("registry", Permission.CONFLICTS_DECLARE)]
OrganisationReader = Annotated[Query, query_in("registry", Permission.ORGANISATIONS_READ)]


@router.post("/v1/organisations", status_code=201, response_model=views.OrganisationView)
def post_organisation(body: schemas.Application, command: Anybody) -> Response:
    """Apply to become a member. Anybody may; an operator vets the application."""
    return command.execute(
        lambda work: views.OrganisationView.of(apply_for_membership(work, body.profile())),
    )


@router.get("/v1/organisations", response_model=Page[views.OrganisationView])
def list_organisations(query: OrganisationReader, page: Paging) -> Response:
    """List the organisations the caller may see: its own, or all for an operator."""
    return answer_page(
        query,
        page,
        lambda connection: queries.list_organisations(
            connection, query.caller, page.after, page.limit
        ),
        views.OrganisationView.of,
        lambda each: each.organisation_id,
    )


@router.get("/v1/organisations/{organisation_id}", response_model=views.OrganisationView)
def get_organisation(organisation_id: OrganisationId, query: OrganisationReader) -> Response:
    """Show one organisation with its papers."""
    return query.answer(
        lambda connection: views.OrganisationView.of(
            queries.get_organisation(connection, query.caller, organisation_id)
        )
    )


@router.post("/v1/organisations/{organisation_id}/status", response_model=views.OrganisationView)
def post_organisation_status(
    organisation_id: OrganisationId, body: schemas.MoveOrganisation, command: Withdrawer
) -> Response:
    """Vet, activate, suspend or expel (operators); withdraw (operators and the member itself)."""
    return command.execute(
        lambda work: views.OrganisationView.of(
            move_organisation(work, command.caller, organisation_id, body.status, body.reason)
        ),
    )


@router.put("/v1/organisations/{organisation_id}/conflicts", response_model=views.OrganisationView)
def put_conflicts(
    organisation_id: OrganisationId, body: schemas.DeclareConflicts, command: ConflictDeclarer
) -> Response:
    """Say with whom it has a conflict of interest: the whole list, in place of the one before."""
    return command.execute(
        lambda work: views.OrganisationView.of(
            declare_conflicts(
                work, command.caller, organisation_id, body.organisation_ids, body.reason
            )
        ),
    )
