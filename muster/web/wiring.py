"""What the endpoints of one application are wired to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any, TypeVar, cast

from fastapi import Request
from pydantic_settings import BaseSettings

from muster.storage.store import Store
from muster.web.idempotency import IdempotencyKeys
from muster.web.tokens import TokenSigner, TokenVerifier

K = TypeVar("K")


class Keepsakes:
    """What an application makes of its settings at the first need, and keeps while it runs."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[Callable[[Any], object], Any] = {}

    def of(self, build: Callable[[Any], K], settings: BaseSettings) -> K:
        """Return what `build` made of these settings; it is asked once, whoever comes first."""
        with self._lock:
            if build not in self._kept:
                self._kept[build] = build(settings)
            return cast(K, self._kept[build])


@dataclass(frozen=True)
class Wiring:
    """Stores and idempotency keys by service, token keys, and settings by their class."""

    stores: Mapping[str, Store]
    idempotency: Mapping[str, IdempotencyKeys]
    verifier: TokenVerifier
    signer: TokenSigner | None
    settings: Mapping[type[BaseSettings], BaseSettings]
    keepsakes: Keepsakes = field(default_factory=Keepsakes)
    stopping: Event = field(default_factory=Event)  # set when the process is told to end


def wiring_of(request: Request) -> Wiring:
    """Return the wiring of the application that serves this request."""
    return cast(Wiring, request.app.state.wiring)
