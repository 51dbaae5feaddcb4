"""The application with notify in it, and tokens for whoever wants to call."""

from datetime import UTC, datetime
from typing import Any

import httpx

from muster.access import Caller
from muster.clock import SystemClock
from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.contracts.vocabulary.kinds import Role
from muster.storage.store import Store
from muster.web import TokenSigner, TokenVerifier, create_app, generate_keypair
from services.notify.api import router
from services.notify.settings import NotifySettings
from tests.unit.notify.builders import ENTERPRISE, PROVIDER, STRANGER

OPERATOR = Caller("cli_operator", Role.OPERATOR)


def client(role: Role, organisation_id: OrganisationId) -> Caller:
    """Return an API client of an organisation."""
    return Caller(f"cli_{role}_{organisation_id}", role, organisation_id)


OF_PROVIDER = client(Role.PROVIDER, PROVIDER)
OF_ENTERPRISE = client(Role.ENTERPRISE, ENTERPRISE)
OF_STRANGER = client(Role.PROVIDER, STRANGER)


class Desk:
    """Asks the application; `client` has to be set to something that reaches it."""

    def __init__(self, store: Store, settings: NotifySettings | None = None) -> None:
        private, public = generate_keypair()
        self._signer = TokenSigner(private, "muster", 900)
        self.app = create_app(
            {"notify": store},
            {"notify": [router]},
            TokenVerifier(public, "muster", SystemClock()),
            {NotifySettings: settings or NotifySettings()},
            1_048_576,
            list,
        )
        self.client: httpx.Client

    def token(self, caller: Caller) -> dict[str, str]:
        """Return the header that says who calls."""
        token = self._signer.sign(caller, now=datetime.now(UTC), token_id="tok_1")
        return {"Authorization": f"Bearer {token.value}"}

    def ask(self, method: str, path: str, body: Any = None, caller: Caller = OF_PROVIDER) -> Any:
        """Send a request, by default of the provider; return the httpx.Response."""
        return self.client.request(method, path, json=body, headers=self.token(caller))
