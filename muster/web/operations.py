"""The routes for whoever runs the process: is it alive, is it ready, how is it doing."""

import os
from collections.abc import Callable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from muster.observability.endpoint import PROCESS_ID
from muster.observability.exposition import exposition
from muster.web import scope as keys
from muster.web.problems import Kind, problem_response

NOT_READY = Kind(503, "not-ready", "The process cannot serve yet")


def operations_router(ready: Callable[[], list[str]]) -> APIRouter:
    """Return /healthz, /readyz and /metrics; `ready` gives the reasons why not."""
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", response_class=PlainTextResponse, summary="Is the process alive?")
    async def healthz() -> Response:
        return PlainTextResponse("ok")

    @router.get("/readyz", response_class=PlainTextResponse, summary="Can the process serve?")
    def readyz(request: Request) -> Response:
        reasons = ready()
        if not reasons:
            return PlainTextResponse("ready", headers={PROCESS_ID: str(os.getpid())})
        return problem_response(
            NOT_READY,
            f"{'; '.join(reasons)}. Try again when this is mended.",
            correlation_id=str(request.scope.get(keys.CORRELATION_ID, "")),
            members={"reasons": reasons},
        )

    @router.get("/metrics", response_class=PlainTextResponse, summary="Prometheus metrics")
    def metrics(request: Request) -> Response:
        content_type, body = exposition(request.headers.get("accept", ""))
        return Response(body, headers={"Content-Type": content_type})

    return router
