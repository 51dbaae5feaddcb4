"""Sends the application made-up requests and looks at every answer."""

import json
from typing import NoReturn

import httpx

from muster.access import POLICY
from tests.contract.application import Application, application
from tests.contract.fuzzing import Attempt, Fuzzer
from tests.contract.world import OPERATOR, World, found

SETTLE_EVERY = 50
LISTS = (
    "organisations",
    "api-clients",
    "capabilities",
    "requests",
    "offers",
    "jobs",
    "incidents",
    "notifications",
    "webhooks",
)


def withstand(url: str, attempts: int, seed: int) -> None:
    """Fail if one of so many requests breaks the application over the stores at `url`.

    Nor may what it accepted break those who hear of it, or whoever reads it later.
    """
    with application(url) as muster:
        world = found(muster)
        fuzzer = Fuzzer(muster.app.openapi(), world.ids, seed)
        for number, attempt in enumerate(fuzzer.attempts(attempts), start=1):
            answer = _send(muster, world, fuzzer, attempt)
            if answer is not None:
                _check(attempt, answer)
            if number % SETTLE_EVERY == 0:
                muster.settle()
        for name in LISTS:
            assert muster.ask(OPERATOR, "GET", f"/v1/{name}?limit=500").status_code == 200


def _send(
    muster: Application, world: World, fuzzer: Fuzzer, attempt: Attempt
) -> httpx.Response | None:
    """Send a request as somebody who may; return None if no client could send it."""
    callers = (world.enterprise, world.provider, OPERATOR)
    able = [caller for caller in callers if attempt.scope in POLICY[caller.role]]
    headers = [(name.encode(), value) for name, value in attempt.headers]
    if not any(name == b"Authorization" for name, _ in headers):
        token = muster.token(fuzzer.chance.choice(able or callers))["Authorization"]
        headers.append((b"Authorization", token.encode()))
    try:
        return muster.client.request(
            attempt.method, attempt.path, content=attempt.content, headers=headers
        )
    except httpx.InvalidURL:
        return None


def _check(attempt: Attempt, answer: httpx.Response) -> None:
    """Fail if the answer is not one that Muster gives on purpose."""
    assert answer.status_code < 500, f"{attempt}: {answer.text}"
    kind = answer.headers.get("content-type", "")
    if answer.is_error:
        # A token request is answered as OAuth 2 wants it, unless it is no form at all.
        oauth = attempt.path == "/oauth/token" and kind == "application/json"
        assert oauth or kind == "application/problem+json", f"{attempt}: {answer.text}"
    if "json" in kind:
        json.loads(answer.text, parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise AssertionError(f"{constant} is not JSON")
