"""Access tokens, and the keys that verify them."""

from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse
from starlette.responses import Response

from muster.access import Caller
from muster.contracts.vocabulary.identifiers import Prefix
from muster.web import (
    Command,
    Query,
    TokenSigner,
    TokenVerifier,
    command_in,
    query_in,
    token_signer,
    token_verifier,
)
from services.registry import queries, views
from services.registry.oauth import TokenRefused, read_credentials, unknown_client

NOT_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}

router = APIRouter(tags=["tokens"])

Anybody = Annotated[Command, command_in("registry", None)]
AnyReader = Annotated[Query, query_in("registry", None)]


_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["grant_type"],
    "properties": {
        "grant_type": {"const": "client_credentials"},
        "client_id": {"type": "string"},
        "client_secret": {"type": "string"},
    },
    "description": "The client's id and secret may also come by HTTP Basic.",
}
_REFUSAL: dict[str, Any] = {
    "type": "object",
    "description": "An error of RFC 6749, section 5.2.",
    "required": ["error", "error_description"],
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
}


def _refused(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _REFUSAL}}}


@router.post(
    "/oauth/token",
    response_model=views.TokenView,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/x-www-form-urlencoded": {"schema": _FORM}},
        }
    },
    responses={
        400: _refused("The request is not one for a token"),
        401: _refused("There is no such client, or its secret is wrong"),
    },
)
def post_token(
    command: Anybody,
    signer: Annotated[TokenSigner, token_signer()],
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """Give a client a short-lived access token (RFC 6749, client credentials grant)."""
    try:
        caller = _authenticate(command, authorization)
    except TokenRefused as refused:
        return _refuse(refused)
    store = command.store
    token = signer.sign(caller, now=store.clock.now(), token_id=store.ids.new(Prefix.TOKEN))
    answer = views.TokenView(
        access_token=token.value, expires_in=token.expires_in, scope=token.scope
    )
    return JSONResponse(answer.model_dump(), headers=NOT_STORED)


@router.get("/.well-known/jwks.json", response_model=views.KeySetView)
def get_key_set(query: AnyReader, verifier: Annotated[TokenVerifier, token_verifier()]) -> Response:
    """Show the public keys that verify access tokens."""
    return query.answer(lambda _: views.KeySetView(keys=tuple(verifier.jwks()["keys"])))


def _authenticate(command: Command, authorization: str | None) -> Caller:
    credentials = read_credentials(command.form(), authorization)
    with command.store.read() as connection:
        client = queries.find_client_with_secret(
            connection, credentials.client_id, credentials.secret
        )
    if client is None:
        raise unknown_client()
    return Caller(client.client_id, client.role, client.organisation_id)


def _refuse(refused: TokenRefused) -> Response:
    headers = dict(NOT_STORED)
    if refused.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="muster"'
    body = {"error": refused.code, "error_description": refused.description}
    return JSONResponse(body, refused.status, headers)
