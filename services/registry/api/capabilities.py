"""Capabilities: publish, look, restate, and take steps in a capability's life."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from muster.access import Permission
from muster.contracts.vocabulary.identifiers import CapabilityId
from muster.web import Command, Page, Paging, Query, command_in, query_in
from services.registry import queries, schemas, views
from services.registry.api.answers import answer_page
from services.registry.use_cases.move_capability import move_capability
from services.registry.use_cases.publish_capability import publish_capability
from services.registry.use_cases.replace_capability import replace_capability

router = APIRouter(tags=["capabilities"])

Publisher = Annotated[Command, command_in("registry", Permission.CAPABILITIES_PUBLISH)]
CapabilityReader = Annotated[Query, query_in("registry", Permission.CAPABILITIES_READ)]


@router.post("/v1/capabilities", status_code=201, response_model=views.CapabilityView)
def post_capability(body: schemas.DescribeCapability, command: Publisher) -> Response:
    """Publish a capability of the caller's own organisation, which must be an active member."""
    return command.execute(
        lambda work: views.CapabilityView.of(
            publish_capability(work, command.caller, body.particulars())
        ),
    )


@router.get("/v1/capabilities", response_model=Page[views.CapabilityView])
def list_capabilities(query: CapabilityReader, page: Paging) -> Response:
    """List the capabilities the caller may see: its own, or all for an operator."""
    return answer_page(
        query,
        page,
        lambda connection: queries.list_capabilities(
            connection, query.caller, page.after, page.limit
        ),
        views.CapabilityView.of,
        lambda each: each.capability_id,
    )


@router.get("/v1/capabilities/{capability_id}", response_model=views.CapabilityView)
def get_capability(capability_id: CapabilityId, query: CapabilityReader) -> Response:
    """Show one capability."""
    return query.answer(
        lambda connection: views.CapabilityView.of(
            queries.get_capability(connection, query.caller, capability_id)
        )
    )


@router.put("/v1/capabilities/{capability_id}", response_model=views.CapabilityView)
def put_capability(
    capability_id: CapabilityId, body: schemas.DescribeCapability, command: Publisher
) -> Response:
    """Replace all that is said of a capability. Its kind stays."""
    return command.execute(
        lambda work: views.CapabilityView.of(
            replace_capability(work, command.caller, capability_id, body.particulars())
        ),
    )


@router.post("/v1/capabilities/{capability_id}/status", response_model=views.CapabilityView)
def post_capability_status(
    capability_id: CapabilityId, body: schemas.MoveCapability, command: Publisher
) -> Response:
    """Pause a capability, publish it again, or retire it for good."""
    return command.execute(
        lambda work: views.CapabilityView.of(
            move_capability(work, command.caller, capability_id, body.status, body.reason)
        ),
    )
