"""What an endpoint gets to work with: a command or a query of one service, already authorised."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from pydantic import BaseModel
from pydantic_settings import BaseSettings
from sqlalchemy import Connection
from starlette.responses import Response

from muster.access import Caller, Permission
from muster.context import Context
from muster.contracts.vocabulary.lifecycle import Actor
from muster.storage.store import Store
from muster.storage.unit_of_work import UnitOfWork
from muster.web import scope as keys
from muster.web.idempotency import ANONYMOUS, Answer, Claim, IdempotencyKeys, claim_of
from muster.web.tokens import TokenMissing, TokenSigner, TokenVerifier, Unauthenticated
from muster.web.wiring import wiring_of

S = TypeVar("S", bound=BaseSettings)


class _Exchange:
    """What commands and queries have in common: the caller and the service's store."""

    def __init__(self, request: Request, store: Store, caller: Caller | None) -> None:
        self.store = store
        self._request = request
        self._caller = caller

    @property
    def caller(self) -> Caller:
        """Return who calls; on a public route there is nobody, and it raises Unauthenticated."""
        if self._caller is None:
            raise Unauthenticated("This needs an access token. Get one from POST /oauth/token.")
        return self._caller

    @property
    def stopping(self) -> Callable[[], bool]:
        """Return what tells that the process has to end; an answer without end must end then."""
        return wiring_of(self._request).stopping.is_set

    def _response(self, answer: Answer) -> Response:
        headers = {"Idempotent-Replayed": "true"} if answer.replayed else None
        media_type = "application/json" if answer.body else None
        return Response(answer.body, answer.status, headers, media_type)

    def _answer(self, model: BaseModel | None) -> Answer:
        if model is None:
            return Answer(204, b"")
        status = getattr(self._request.scope.get("route"), "status_code", None)
        return Answer(status or 200, model.model_dump_json().encode())


class Command(_Exchange):
    """One change of one service's state, in one transaction."""

    @property
    def _keys(self) -> IdempotencyKeys:
        return wiring_of(self._request).idempotency[self.store.service]

    @property
    def context(self) -> Context:
        """Return who acts, for whom, and in which chain of cause and effect."""
        caller = self._caller
        scope = self._request.scope
        return Context(
            actor=Actor(ANONYMOUS) if caller is None else caller.actor,
            correlation_id=scope[keys.CORRELATION_ID],
            tenant=None if caller is None else caller.organisation_id,
            traceparent=scope[keys.TRACEPARENT],
        )

    def execute(
        self, fn: Callable[[UnitOfWork], BaseModel | None], *, replayable: bool = True
    ) -> Response:
        """Run `fn` in a transaction and return its model as the answer (None: 204, no body).

        With an Idempotency-Key the effect happens once, however often and however concurrently
        the request is sent, and each repetition gets the first answer. An answer that must not
        be kept (it holds a secret) is not `replayable`: a repetition is then told so with 409.
        A command that raises has no effect, and may be sent again under the same key.
        """
        claim = self._claim()

        def run(work: UnitOfWork) -> Answer:
            if claim is None:
                return self._answer(fn(work))
            return self._keys.run_once(
                work, claim, lambda: self._answer(fn(work)), replayable=replayable
            )

        return self._response(self.store.transact(self.context, run))

    def form(self) -> Mapping[str, str]:
        """Return the fields of a body sent as application/x-www-form-urlencoded."""
        body: bytes = self._request.scope.get(keys.BODY, b"")
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))

    def _claim(self) -> Claim | None:
        client_id = ANONYMOUS if self._caller is None else self._caller.client_id
        return claim_of(self._request, client_id)


class Query(_Exchange):
    """One look at one service's data; changes nothing."""

    def answer(self, fn: Callable[[Connection], BaseModel]) -> Response:
        """Run `fn` on a consistent view of the data and return its model as the answer."""
        with self.store.read() as connection:
            model = fn(connection)
        return self._response(self._answer(model))


class Gate:
    """Lets a request through to one service if its caller has the permission.

    A `permission` of None marks the route as public; the application refuses to start with a
    public route that is not on its list.
    """

    def __init__(self, service: str, permission: Permission | None) -> None:
        self.service = service
        self.permission = permission

    def admit(self, request: Request) -> tuple[Store, Caller | None]:
        """Return the store and the caller; raise Unauthenticated or Forbidden."""
        wiring = wiring_of(request)
        if self.permission is None:
            return wiring.stores[self.service], None
        caller = wiring.verifier.verify(_bearer_token(request))
        request.scope[keys.CLIENT_ID] = caller.client_id
        caller.require(self.permission)
        return wiring.stores[self.service], caller


class CommandGate(Gate):
    """A gate to commands."""

    async def __call__(self, request: Request) -> Command:
        """Admit the request to a command."""
        return Command(request, *self.admit(request))


class QueryGate(Gate):
    """A gate to queries."""

    async def __call__(self, request: Request) -> Query:
        """Admit the request to a query."""
        return Query(request, *self.admit(request))


def command_in(service: str, permission: Permission | None) -> Any:
    """Declare that an endpoint changes `service` and who may call it (None: anybody)."""
    return Depends(CommandGate(service, permission))


def query_in(service: str, permission: Permission | None) -> Any:
    """Declare that an endpoint reads `service` and who may call it (None: anybody)."""
    return Depends(QueryGate(service, permission))


def setting(settings_class: type[S]) -> Any:
    """Declare that an endpoint needs these settings."""

    async def settings(request: Request) -> S:
        return cast(S, wiring_of(request).settings[settings_class])

    return Depends(settings)


def kept(settings_class: type[S], build: Callable[[S], object]) -> Any:
    """Declare that an endpoint needs what `build` makes of these settings.

    It is made once for the application, when it is first needed, and shared by all threads.
    """

    async def keepsake(request: Request) -> object:
        wiring = wiring_of(request)
        return wiring.keepsakes.of(build, wiring.settings[settings_class])

    return Depends(keepsake)


def token_signer() -> Any:
    """Declare that an endpoint issues tokens; its type is TokenSigner."""
    return Depends(_signer)


def token_verifier() -> Any:
    """Declare that an endpoint needs the public keys; its type is TokenVerifier."""
    return Depends(_verifier)


async def _signer(request: Request) -> TokenSigner:
    signer = wiring_of(request).signer
    if signer is None:
        raise LookupError("this process has no token key; set MUSTER_TOKEN_PRIVATE_KEY_FILE")
    return signer


async def _verifier(request: Request) -> TokenVerifier:
    return wiring_of(request).verifier


def _bearer_token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenMissing(
            "Send an access token as `Authorization: Bearer …`. Get one from POST /oauth/token."
        )
    return token.strip()
