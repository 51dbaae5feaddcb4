"""What a client may send to get a token."""

import base64

import pytest

from muster.contracts.vocabulary.identifiers import ApiClientId
from services.registry.oauth import Credentials, TokenRefused, read_credentials

GRANT = {"grant_type": "client_credentials"}
IN_FORM = {**GRANT, "client_id": "cli_1", "client_secret": "mst_s"}


def basic(plain: str) -> str:
    """Return the Authorization header of HTTP Basic."""
    return "Basic " + base64.b64encode(plain.encode()).decode()


def test_credentials_come_in_the_form_or_by_http_basic() -> None:
    """RFC 6749 allows both; the header's parts are form-encoded."""
    assert read_credentials(IN_FORM, None) == Credentials(ApiClientId("cli_1"), "mst_s")
    assert read_credentials(GRANT, basic("cli%5F1:a%2Bb+c")).secret == "a+b c"


@pytest.mark.parametrize(
    ("form", "header", "code"),
    [
        ({}, None, "invalid_request"),
        ({"grant_type": "password"}, None, "unsupported_grant_type"),
        (GRANT, None, "invalid_request"),
        ({**GRANT, "client_id": "cli_1"}, None, "invalid_request"),
        (IN_FORM, basic("cli_1:mst_s"), "invalid_request"),
        (GRANT, "Bearer abc", "invalid_client"),
        (GRANT, "Basic ###", "invalid_client"),
        (GRANT, "Basic \xe9\xe9", "invalid_client"),
        (GRANT, basic("no colon"), "invalid_client"),
        ({**IN_FORM, "client_id": "cli_\x00"}, None, "invalid_client"),
        (GRANT, "Basic " + base64.b64encode(b"\xff\xfe:x").decode(), "invalid_client"),
    ],
)
def test_anything_else_is_refused_with_the_code_of_the_standard(
    form: dict[str, str], header: str | None, code: str
) -> None:
    """And says what to send instead."""
    with pytest.raises(TokenRefused) as refused:
        read_credentials(form, header)
    assert refused.value.code == code
    assert refused.value.status == (401 if code == "invalid_client" else 400)
