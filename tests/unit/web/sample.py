"""A tiny service behind the real edge: parcels that are sent, listed, and closed."""

from typing import Annotated, Literal

from fastapi import APIRouter, FastAPI
from pydantic import Field
from pydantic_settings import BaseSettings
from sqlalchemy import Column, Connection, Integer, String, Table, func, insert, select, update
from starlette.responses import Response

from muster.access import Caller, Permission
from muster.clock import SeededIds, SimulatedClock
from muster.contracts.event import Contract
from muster.contracts.vocabulary.errors import DomainError, IllegalTransition, NotFound
from muster.contracts.vocabulary.identifiers import OrganisationId, Prefix
from muster.contracts.vocabulary.kinds import Role
from muster.contracts.vocabulary.values import Window
from muster.storage.store import Store, StoreUnavailable
from muster.storage.tables import service_metadata
from muster.storage.unit_of_work import UnitOfWork
from muster.web import (
    Command,
    Page,
    Paging,
    Query,
    TokenSigner,
    TokenVerifier,
    command_in,
    create_app,
    generate_keypair,
    page_of,
    query_in,
    setting,
    token_signer,
    token_verifier,
)
from tests.stores import START, memory_store

SERVICE = "parcels"
MAX_BODY = 1_048_576
OWN = OrganisationId("org_own")
STRANGER = OrganisationId("org_stranger")

metadata = service_metadata()
parcels = Table(
    "parcels",
    metadata,
    Column("parcel_id", String(64), primary_key=True),
    Column("organisation_id", String(64), nullable=False),
    Column("label", String(64), nullable=False),
    Column("closed", Integer, nullable=False, server_default="0"),
)


class ParcelSettings(BaseSettings):
    """The sample's own settings."""

    greeting: str = "hello"


class Box(Contract):
    """Something with corners."""

    kind: Literal["box"]
    corners: Annotated[int, Field(ge=1, le=8)]


class Tube(Contract):
    """Something round."""

    kind: Literal["tube"]
    radius: Annotated[int, Field(gt=0)]


class Item(Contract):
    """What is in a parcel."""

    quantity: Annotated[int, Field(ge=1)]
    shape: Annotated[Box | Tube, Field(discriminator="kind")] | None = None


class SendParcel(Contract):
    """The body of POST /v1/parcels."""

    label: Annotated[str, Field(min_length=1, max_length=40, pattern="^[a-z ]+$")]
    priority: Literal["low", "high"] = "low"
    items: tuple[Item, ...] = ()
    window: Window | None = None


class ParcelView(Contract):
    """A parcel as its owner sees it."""

    parcel_id: str
    label: str


class Said(Contract):
    """A sentence."""

    text: str


router = APIRouter(prefix="/v1", tags=["parcels"])
SUBMIT = command_in(SERVICE, Permission.REQUESTS_SUBMIT)
STEER = command_in(SERVICE, Permission.REQUESTS_STEER)
READ = query_in(SERVICE, Permission.REQUESTS_READ)


def send_parcel(work: UnitOfWork, caller: Caller, body: SendParcel) -> ParcelView:
    """Keep a parcel."""
    if body.label == "forbidden label":
        raise DomainError("This label is taken. Choose another.")
    parcel_id = work.ids.new(Prefix.REQUEST)
    row = {
        "parcel_id": parcel_id,
        "organisation_id": caller.own_organisation(),
        "label": body.label,
    }
    work.connection.execute(insert(parcels), row)
    return ParcelView(parcel_id=parcel_id, label=body.label)


@router.post("/parcels", status_code=201, response_model=ParcelView)
def post_parcel(body: SendParcel, command: Annotated[Command, SUBMIT]) -> Response:
    """Send a parcel."""
    return command.execute(lambda work: send_parcel(work, command.caller, body))


@router.get("/parcels", response_model=Page[ParcelView])
def get_parcels(query: Annotated[Query, READ], page: Paging) -> Response:
    """List parcels."""

    def read(connection: Connection) -> Page[ParcelView]:
        after = parcels.c.parcel_id > (page.after or "")
        rows = connection.execute(
            select(parcels).where(after).order_by(parcels.c.parcel_id).limit(page.limit)
        )
        views = [ParcelView(parcel_id=row.parcel_id, label=row.label) for row in rows]
        return page_of(views, page.limit, lambda view: view.parcel_id)

    return query.answer(read)


@router.get("/parcels/{parcel_id}", response_model=ParcelView)
def get_parcel(parcel_id: str, query: Annotated[Query, READ]) -> Response:
    """Look at one parcel."""

    def read(connection: Connection) -> ParcelView:
        row = connection.execute(
            select(parcels).where(parcels.c.parcel_id == parcel_id)
        ).one_or_none()
        if row is None:
            raise NotFound("parcel", parcel_id)
        query.caller.must_see("parcel", parcel_id, row.organisation_id)
        return ParcelView(parcel_id=parcel_id, label=row.label)

    return query.answer(read)


@router.post("/parcels/{parcel_id}/close", status_code=204, response_class=Response)
def close_parcel(parcel_id: str, command: Annotated[Command, STEER]) -> Response:
    """Close a parcel, once."""

    def close(work: UnitOfWork) -> None:
        done = work.connection.execute(
            update(parcels)
            .where(parcels.c.parcel_id == parcel_id, parcels.c.closed == 0)
            .values(closed=1)
        )
        if done.rowcount == 0:
            raise IllegalTransition("parcel", "closed", "closed", ["reopened", "burnt"])

    return command.execute(close)


@router.post("/secrets", status_code=201, response_model=Said)
def post_secret(command: Annotated[Command, SUBMIT]) -> Response:
    """Make a secret that is shown once."""
    return command.execute(
        lambda work: Said(text=send_parcel(work, command.caller, SendParcel(label="x")).parcel_id),
        replayable=False,
    )


@router.post("/organisations", status_code=201, response_model=Said)
def apply(body: Said, command: Annotated[Command, command_in(SERVICE, None)]) -> Response:
    """Apply; open to anybody."""
    return command.execute(lambda work: Said(text=f"{work.context.actor.name}: {body.text}"))


@router.get("/breakages/{kind}", response_model=Said)
def fail(kind: Literal["bug", "store"], query: Annotated[Query, READ]) -> Response:
    """Fail, in one of two ways."""
    if kind == "store":
        raise StoreUnavailable("disk /dev/secret on fire")
    raise RuntimeError("secret inside")


@router.get("/circumstances", response_model=Said)
def circumstances(
    query: Annotated[Query, READ],
    settings: Annotated[ParcelSettings, setting(ParcelSettings)],
    keys: Annotated[TokenVerifier, token_verifier()],
) -> Response:
    """Say what the endpoint was given."""
    return query.answer(lambda _: Said(text=f"{settings.greeting} {len(keys.jwks()['keys'])}"))


@router.post("/contexts", response_model=Said)
def context_of(command: Annotated[Command, SUBMIT]) -> Response:
    """Say in which context the command runs."""
    return command.execute(
        lambda work: Said(
            text=" ".join(
                map(
                    str,
                    (
                        work.context.actor.name,
                        work.context.tenant,
                        work.context.correlation_id,
                        work.context.traceparent,
                    ),
                )
            )
        )
    )


token_router = APIRouter()


@token_router.post("/oauth/token", response_model=Said)
def issue_token(
    command: Annotated[Command, command_in(SERVICE, None)],
    signer: Annotated[TokenSigner, token_signer()],
) -> Response:
    """Issue a token for whatever id the form holds."""
    caller = Caller(command.form()["client_id"], Role.ENTERPRISE, OWN)
    return command.execute(
        lambda work: Said(text=signer.sign(caller, now=work.now, token_id="tok_1").value)
    )


class Sample:
    """The application, its store, its clock, and tokens for whoever wants to call it."""

    def __init__(self, store: Store | None = None) -> None:
        self.clock = SimulatedClock(START)
        self.store = store or memory_store(SERVICE, metadata, self.clock)
        private, public = generate_keypair()
        self.signer = TokenSigner(private, "muster", 900)
        self.reasons: list[str] = []
        self.app: FastAPI = create_app(
            {SERVICE: self.store},
            {SERVICE: [router, token_router]},
            TokenVerifier(public, "muster", self.clock),
            {ParcelSettings: ParcelSettings()},
            MAX_BODY,
            lambda: self.reasons,
            signer=self.signer,
            ids=SeededIds(7),
        )

    def token(
        self, role: Role = Role.ENTERPRISE, organisation: OrganisationId | None = OWN
    ) -> dict[str, str]:
        """Return the headers of an authenticated caller."""
        caller = Caller(f"cli_{role}_{organisation}", role, organisation)
        token = self.signer.sign(caller, now=self.clock.now(), token_id="tok_1")
        return {"Authorization": f"Bearer {token.value}"}

    def count(self) -> int:
        """Return how many parcels there are."""
        with self.store.read() as connection:
            return connection.execute(select(func.count()).select_from(parcels)).scalar_one()
