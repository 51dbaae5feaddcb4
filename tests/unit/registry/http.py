"""The registry behind its real edge, and a client that speaks HTTP to it."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx

from muster.access import Caller
from muster.clock import SeededIds
from muster.contracts.vocabulary.kinds import Role
from muster.web import TokenSigner, TokenVerifier, create_app, generate_keypair
from services.registry.api import router
from services.registry.domain.organisation import Organisation
from tests.unit.registry.builders import OPERATOR, Registry, provider_of

MAX_BODY_BYTES = 1_048_576


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: httpx.Headers

    @property
    def fields(self) -> dict[str, str]:
        """Return what is wrong, by field, from a problem document."""
        return {error["field"]: error["problem"] for error in self.body["errors"]}


class Edge:
    """An application that serves one registry in memory."""

    def __init__(self) -> None:
        self.registry = Registry()
        private, public = generate_keypair()
        self.signer = TokenSigner(private, "muster", 900)
        self.verifier = TokenVerifier(public, "muster", self.registry.clock)
        self._app = create_app(
            {"registry": self.registry.store},
            {"registry": [router]},
            self.verifier,
            {},
            MAX_BODY_BYTES,
            list,
            signer=self.signer,
            ids=SeededIds(7),
        )

    def headers_of(self, caller: Caller) -> dict[str, str]:
        """Return the headers that say who calls."""
        token = self.signer.sign(caller, now=self.registry.clock.now(), token_id="tok_1")
        return {"Authorization": f"Bearer {token.value}"}

    def call(self, method: str, path: str, caller: Caller | None = None, **options: Any) -> Answer:
        """Send a request and return the answer."""
        headers = {**(self.headers_of(caller) if caller else {}), **options.pop("headers", {})}

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://muster") as client:
                return await client.request(method, path, headers=headers, **options)

        response = asyncio.run(send())
        return Answer(
            response.status_code, response.json() if response.content else None, response.headers
        )

    def operator(self, method: str, path: str, **options: Any) -> Answer:
        """Send a request as an operator."""
        return self.call(method, path, OPERATOR, **options)

    def provider(self, member: Organisation, method: str, path: str, **options: Any) -> Answer:
        """Send a request as a provider."""
        return self.call(method, path, provider_of(member), **options)

    def enterprise(self, member: Organisation, method: str, path: str, **options: Any) -> Answer:
        """Send a request as an enterprise."""
        caller = Caller("cli_enterprise", Role.ENTERPRISE, member.organisation_id)
        return self.call(method, path, caller, **options)
