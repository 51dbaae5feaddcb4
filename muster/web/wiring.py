"""What the endpoints of one application are wired to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import cast

from fastapi import Request
from pydantic_settings import BaseSettings

from muster.storage.store import Store
from muster.web.idempotency import IdempotencyKeys
from muster.web.tokens import TokenSigner, TokenVerifier


@dataclass(frozen=True)
class Wiring:
    """Stores and idempotency keys by service, token keys, and settings by their class."""

    stores: Mapping[str, Store]
    idempotency: Mapping[str, IdempotencyKeys]
    verifier: TokenVerifier
    signer: TokenSigner | None
    settings: Mapping[type[BaseSettings], BaseSettings]
    stopping: Event = field(default_factory=Event)  # set when the process is told to end


def wiring_of(request: Request) -> Wiring:
    """Return the wiring of the application that serves this request."""
    return cast(Wiring, request.app.state.wiring)
