"""What a client sends to get a token: the client credentials grant of RFC 6749, section 4.4."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from muster.contracts.vocabulary.errors import MusterError
from muster.contracts.vocabulary.identifiers import ApiClientId


class TokenRefused(MusterError):
    """No token; `code` is one of RFC 6749, section 5.2."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.status = status


@dataclass(frozen=True)
class Credentials:
    """Who a client says it is, and how it proves it."""

    client_id: ApiClientId
    secret: str


def read_credentials(form: Mapping[str, str], authorization: str | None) -> Credentials:
    """Return the credentials of a token request, from the header or else the form.

    Raises TokenRefused for anything but one well-formed client credentials request.
    """
    grant = form.get("grant_type")
    if not grant:
        raise TokenRefused("invalid_request", "Send grant_type=client_credentials in a form body.")
    if grant != "client_credentials":
        raise TokenRefused("unsupported_grant_type", "The only grant is client_credentials.")
    if authorization is not None:
        if "client_secret" in form:
            raise TokenRefused("invalid_request", "Send the secret by header or form, not both.")
        return _from_header(authorization)
    if not form.get("client_id") or not form.get("client_secret"):
        raise TokenRefused(
            "invalid_request", "Send client_id and client_secret, in the form or by HTTP Basic."
        )
    return _credentials(form["client_id"], form["client_secret"])


def unknown_client() -> TokenRefused:
    """Return the refusal for all that is wrong with a client; it does not say what."""
    return TokenRefused(
        "invalid_client",
        "There is no such client, its secret is wrong, or it may have no tokens any more. "
        "Ask an operator for a new client.",
        401,
    )


def _from_header(authorization: str) -> Credentials:
    scheme, _, encoded = authorization.partition(" ")
    try:
        plain = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError as error:  # not base64, not ASCII, or not UTF-8 within
        raise unknown_client() from error
    client_id, colon, secret = plain.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise unknown_client()
    # RFC 6749, 2.3.1: both were form-encoded before they were joined.
    return _credentials(unquote_plus(client_id), unquote_plus(secret))


def _credentials(client_id: str, secret: str) -> Credentials:
    if not client_id.isprintable():  # none of ours, and no database wants to be asked for it
        raise unknown_client()
    return Credentials(ApiClientId(client_id), secret)
