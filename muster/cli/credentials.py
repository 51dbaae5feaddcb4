"""The keys that sign tokens, and the operator's first client."""

import httpx

from muster.cli.deployment import Deployment
from muster.cli.errors import CannotRun
from muster.cli.files import read_json, write_private, write_private_json
from muster.cli.running import CREDENTIALS_FILE
from muster.settings import Settings

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path, not a secret


def ensure_keys(settings: Settings) -> None:
    """Make the key pair that signs tokens, unless there is one. Raises CannotRun."""
    from muster.web.tokens import generate_keypair  # loads the web room: only when it is needed

    private, public = settings.token_private_key_file, settings.token_public_key_file
    if private is None:
        raise CannotRun("Say with MUSTER_TOKEN_PRIVATE_KEY_FILE where the private key belongs.")
    if private.exists() and public.exists():
        return
    private_pem, public_pem = generate_keypair()
    write_private(private, private_pem.decode())
    write_private(public, public_pem.decode())


def ensure_operator(deployment: Deployment) -> None:
    """Make an operator's client and keep its secret, unless the one we keep is still good."""
    from muster.cli.bootstrap import create_operator

    file = deployment.directory / CREDENTIALS_FILE
    known = read_json(file)
    if known is not None and _accepted(deployment, known):
        return
    client_id, client_secret = create_operator(deployment.settings())
    write_private_json(
        file,
        {
            "client_id": client_id,
            "client_secret": client_secret,
            "token_url": deployment.api_url + TOKEN_PATH,
        },
    )


def _accepted(deployment: Deployment, known: dict[str, str]) -> bool:
    token_url = deployment.api_url + TOKEN_PATH
    answer = httpx.post(
        token_url,
        data={"grant_type": "client_credentials"},
        auth=(known["client_id"], known["client_secret"]),
        timeout=10,
        trust_env=False,
    )
    return answer.status_code == httpx.codes.OK and known["token_url"] == token_url
