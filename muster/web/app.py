"""The application: every service's routes behind one edge."""

from collections.abc import Callable, Mapping, Sequence

from fastapi import APIRouter, FastAPI
from pydantic_settings import BaseSettings

from muster.clock import RandomIds
from muster.contracts.vocabulary.identifiers import Ids
from muster.observability.spans import Tracer
from muster.storage.store import Store
from muster.web.access_check import refuse_undeclared
from muster.web.description import describe
from muster.web.idempotency import IdempotencyKeys
from muster.web.limits import BodyLimits
from muster.web.observe import Observed
from muster.web.operations import operations_router
from muster.web.problems import add_problem_handlers
from muster.web.tokens import TokenSigner, TokenVerifier
from muster.web.wiring import Wiring


def create_app(
    stores: Mapping[str, Store],
    routers: Mapping[str, Sequence[APIRouter]],
    keys: TokenVerifier,
    settings: Mapping[type[BaseSettings], BaseSettings],
    max_body_bytes: int,
    ready: Callable[[], list[str]],
    *,
    signer: TokenSigner | None = None,
    ids: Ids | None = None,
    tracer: Tracer | None = None,
) -> FastAPI:
    """Return the application that serves these services' routers from their stores.

    `ready` returns the reasons why the process cannot serve yet (none: ready); `signer` is for
    the registry, which issues tokens; without a `tracer` nothing is traced. Raises UndeclaredRoute
    if a route does not say who may call it: nothing is open by accident.
    """
    app = FastAPI(
        title="Muster",
        version="1",
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Ours traces and measures; this would do so once more, if anybody set OpenTelemetry up.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.wiring = Wiring(
        stores,
        {service: IdempotencyKeys(store) for service, store in stores.items()},
        keys,
        signer,
        settings,
    )
    # Their routes directly, not include_router: that matches every request twice.
    app.router.routes.extend(operations_router(ready).routes)
    for service in sorted(routers):
        for router in routers[service]:
            app.router.routes.extend(router.routes)
    refuse_undeclared(app.routes)
    add_problem_handlers(app)
    describe(app)
    app.add_middleware(BodyLimits, max_body_bytes=max_body_bytes)
    # Added last, so outermost.
    app.add_middleware(Observed, ids=ids or RandomIds(), tracer=tracer)
    return app
