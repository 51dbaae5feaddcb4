"""Matching behind its real edge, and a client that speaks HTTP to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from muster.access import Caller
from muster.clock import SeededIds
from muster.web import TokenSigner, TokenVerifier, create_app, generate_keypair
from services.matching.api import router
from services.matching.settings import MatchingSettings
from tests.http_client import client_of
from tests.unit.matching.builders import ENTERPRISE, Room

Json = dict[str, Any]


class Desk:
    """An application that serves one room, and tokens for whoever wants to call."""

    def __init__(self, room: Room) -> None:
        private, public = generate_keypair()
        self.room = room
        self.signer = TokenSigner(private, "muster", 900)
        self.app = create_app(
            {"matching": room.store},
            {"matching": [router]},
            TokenVerifier(public, "muster", room.clock),
            {MatchingSettings: room.settings},
            1_048_576,
            list,
            ids=SeededIds(7),
        )
        self.client: httpx.Client

    def ask(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        caller: Caller = ENTERPRISE,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Send a request, by default of the enterprise."""
        token = self.signer.sign(caller, now=self.room.clock.now(), token_id="tok_1")
        sent = {**(headers or {}), "Authorization": f"Bearer {token.value}"}
        return self.client.request(method, f"/v1{path}", json=body, headers=sent)

    def get(self, path: str, caller: Caller = ENTERPRISE) -> Any:
        """Return what is at this path, which has to be there."""
        answer = self.ask("GET", path, caller=caller)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Json | None = None, caller: Caller = ENTERPRISE) -> Any:
        """Send a command that has to succeed, and return its answer."""
        answer = self.ask("POST", path, body if body is not None else {}, caller)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def submitted(self, body: Json, caller: Caller = ENTERPRISE) -> Any:
        """Submit a request, let it be sourced, and return it as it then stands."""
        view = self.post("/requests", body, caller)
        self.room.source(self.room.request(view["request_id"]))
        return self.get(f"/requests/{view['request_id']}", caller)


@contextmanager
def desk_over(room: Room) -> Iterator[Desk]:
    """Open a desk over a room."""
    desk = Desk(room)
    with client_of(desk.app) as desk.client:
        yield desk


def problems(answer: httpx.Response) -> dict[str, str]:
    """Return what is wrong, by field, from a problem document."""
    assert answer.headers["content-type"] == "application/problem+json"
    return {error["field"]: error["problem"] for error in answer.json()["errors"]}


def a_body(**changes: object) -> Json:
    """Return a request for four guards in Kuala Lumpur tomorrow, with some fields replaced."""
    return {
        "needs": [{"quantity": 4, "required": {"kind": "guards", "languages": ["ms", "en"]}}],
        "place": {
            "country": "MY",
            "position": {"latitude": 3.14, "longitude": 101.69},
            "name": "Kuala Lumpur",
        },
        "window": {"starts_at": "2026-03-03T08:00:00Z", "ends_at": "2026-03-03T20:00:00Z"},
        "principal": {"name": "Ms Sok", "contact": "duty desk", "instructions": "At arrivals."},
        **changes,
    }
