"""Nothing is open by accident."""

from collections.abc import Callable
from typing import Annotated

import pytest
from fastapi import APIRouter, FastAPI
from starlette.responses import Response

from muster.access import Permission
from muster.clock import SimulatedClock
from muster.web import Command, TokenVerifier, command_in, create_app, generate_keypair
from muster.web.access_check import UndeclaredRoute
from tests.stores import START

Declare = Callable[[APIRouter], object]


def build(declare: Declare) -> FastAPI:
    """Return an application with this one route."""
    router = APIRouter()
    declare(router)
    verifier = TokenVerifier(generate_keypair()[1], "muster", SimulatedClock(START))
    return create_app({}, {"things": [router]}, verifier, {}, 1024, list)


def undeclared() -> Response:
    """Answer anybody."""
    return Response()


def opened(command: Annotated[Command, command_in("things", None)]) -> Response:
    """Answer anybody, and say so."""
    return Response()


def guarded(command: Annotated[Command, command_in("things", Permission.JOBS_READ)]) -> Response:
    """Answer those with the permission."""
    return Response()


def nested(router: APIRouter) -> None:
    """Hide an undeclared route in a router within the router."""
    inner = APIRouter()
    inner.add_api_route("/things", undeclared)
    router.include_router(inner, prefix="/v1")


@pytest.mark.parametrize(
    "declare",
    [
        lambda router: router.add_api_route("/v1/things", undeclared),
        lambda router: router.add_api_route("/oauth/anything", undeclared, methods=["POST"]),
        lambda router: router.mount("/v1/files", undeclared),
        nested,
    ],
)
def test_a_route_that_does_not_say_who_may_call_it_stops_the_start(declare: Declare) -> None:
    """Deny by default: forgetting is not allowing."""
    with pytest.raises(UndeclaredRoute, match="does not say who may call it"):
        build(declare)


def test_a_route_cannot_make_itself_public_unless_it_is_on_the_list() -> None:
    """Opening a route takes a second decision, in one place for all."""
    with pytest.raises(UndeclaredRoute, match="list of public routes"):
        build(lambda router: router.add_api_route("/v1/things", opened, methods=["POST"]))


def test_the_list_names_method_and_path() -> None:
    """POST of an application is public; reading applications is not."""
    path = "/v1/organisations"
    assert build(lambda router: router.add_api_route(path, opened, methods=["POST"]))
    with pytest.raises(UndeclaredRoute):
        build(lambda router: router.add_api_route(path, opened, methods=["POST", "GET"]))


def test_a_declared_route_is_served() -> None:
    """The usual case."""
    assert build(lambda router: router.add_api_route("/v1/things", guarded))
