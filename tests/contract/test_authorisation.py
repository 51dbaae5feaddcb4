"""Who may do what: every route of the real application, by everybody, on one and the same world."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from muster.access import POLICY, Caller
from muster.web.access_check import gate_of
from tests.contract.application import Application, Json, application
from tests.contract.snapshots import Snapshot
from tests.contract.world import (
    OPERATOR,
    PLACE,
    PRICE,
    SECRETS,
    World,
    capability,
    found,
    licence,
    membership,
    protection,
)

# Each route, and the status each caller gets. The members are the two sides of the affair that the
# ids in the path belong to; the strangers are an enterprise and a provider of the same roles who
# have nothing to do with it. The webhook, the papers and the capability are the provider's.
#
# 409: allowed, but not possible in the state things are in. 422: an operator has to name the
# enterprise it tries a request for. 405 and the like do not occur.
EXPECTED = """
                                                       nobody expired enterprise provider operator other-enterprise other-provider
GET    /healthz                                           200     200        200      200      200              200            200
GET    /readyz                                            200     200        200      200      200              200            200
GET    /metrics                                           200     200        200      200      200              200            200
GET    /openapi.json                                      200     200        200      200      200              200            200
GET    /.well-known/jwks.json                             200     200        200      200      200              200            200
POST   /oauth/token                                       400     400        400      400      400              400            400

POST   /v1/organisations                                  201     201        201      201      201              201            201
GET    /v1/organisations                                  401     401        200      200      200              200            200
GET    /v1/organisations/{organisation_id}                401     401        404      200      200              404            404
POST   /v1/organisations/{organisation_id}/status         401     401        404      403      200              404            404
GET    /v1/organisations/{organisation_id}/authorisations 401     401        404      200      200              404            404
PUT    /v1/organisations/{organisation_id}/conflicts      401     401        404      200      200              404            404
POST   /v1/organisations/{organisation_id}/authorisations 401     401        404      201      201              404            404
POST   /v1/organisations/{organisation_id}/authorisations/{authorisation_id}/status \
                                                          401     401        403      403      200              403            403

GET    /v1/capabilities                                   401     401        403      200      200              403            200
POST   /v1/capabilities                                   401     401        403      201      403              403            201
GET    /v1/capabilities/{capability_id}                   401     401        403      200      200              403            404
PUT    /v1/capabilities/{capability_id}                   401     401        403      200      200              403            404
POST   /v1/capabilities/{capability_id}/status            401     401        403      200      200              403            404

GET    /v1/api-clients                                    401     401        403      403      200              403            403
POST   /v1/api-clients                                    401     401        403      403      201              403            403
POST   /v1/api-clients/{client_id}/revocation             401     401        403      403      200              403            403

GET    /v1/requests                                       401     401        200      403      200              200            403
POST   /v1/requests                                       401     401        201      403      403              201            403
GET    /v1/requests/{request_id}                          401     401        200      403      200              404            403
GET    /v1/requests/{request_id}/explanation              401     401        200      403      200              404            403
POST   /v1/requests/{request_id}/approve                  401     401        409      403      409              404            403
POST   /v1/requests/{request_id}/cancel                   401     401        200      403      200              404            403

POST   /v1/match-previews                                 401     401        200      403      422              200            403

GET    /v1/reviews                                        401     401        403      403      200              403            403
GET    /v1/reviews/{review_id}                            401     401        403      403      200              403            403
POST   /v1/reviews/{review_id}/decision                   401     401        403      403      200              403            403
GET    /v1/flags                                          401     401        403      403      200              403            403
GET    /v1/rule-packs                                     401     401        403      403      200              403            403
GET    /v1/rule-packs/current                             401     401        200      200      200              200            200

GET    /v1/offers                                         401     401        200      200      200              200            200
GET    /v1/offers/{offer_id}                              401     401        200      200      200              404            404
POST   /v1/offers/{offer_id}/accept                       401     401        409      200      403              404            404
POST   /v1/offers/{offer_id}/decline                      401     401        409      200      403              404            404
POST   /v1/offers/{offer_id}/counter                      401     401        409      200      403              404            404

GET    /v1/jobs                                           401     401        200      200      200              200            200
GET    /v1/jobs/{job_id}                                  401     401        200      200      200              404            404
GET    /v1/jobs/{job_id}/timeline                         401     401        200      200      200              404            404
GET    /v1/jobs/{job_id}/positions                        401     401        200      200      200              404            404
GET    /v1/jobs/{job_id}/incidents                        401     401        200      200      200              404            404
POST   /v1/jobs/{job_id}/status                           401     401        403      200      200              403            404
POST   /v1/jobs/{job_id}/delay                            401     401        403      200      200              403            404
POST   /v1/jobs/{job_id}/positions                        401     401        403      201      201              403            404
POST   /v1/jobs/{job_id}/check-ins                        401     401        403      201      201              403            404
POST   /v1/jobs/{job_id}/incidents                        401     401        201      201      201              404            404
GET    /v1/incidents                                      401     401        200      200      200              200            200
POST   /v1/incidents/{incident_id}/status                 401     401        200      403      200              404            403

GET    /v1/notifications                                  401     401        200      200      200              200            200
GET    /v1/notifications/{notification_id}                401     401        404      200      200              404            404
GET    /v1/webhooks                                       401     401        200      200      200              200            200
POST   /v1/webhooks                                       401     401        201      201      201              201            201
DELETE /v1/webhooks/{webhook_id}                          401     401        404      204      204              404            404
GET    /v1/preferences                                    401     401        200      200      200              200            200
PUT    /v1/preferences                                    401     401        200      200      200              200            200
GET    /v1/stream                                         401     401        200      200      200              200            200
"""  # noqa: E501 - a table

Route = tuple[str, str]  # method and path

BODIES: Mapping[Route, Json] = {
    ("POST", "/v1/organisations"): membership(),
    ("POST", "/v1/organisations/{organisation_id}/status"): {
        "status": "suspended",
        "reason": "under review",
    },
    ("PUT", "/v1/organisations/{organisation_id}/conflicts"): {
        "organisation_ids": [],
        "reason": "no common owner any more",
    },
    ("POST", "/v1/organisations/{organisation_id}/authorisations"): licence(),
    ("POST", "/v1/organisations/{organisation_id}/authorisations/{authorisation_id}/status"): {
        "status": "revoked",
        "reason": "withdrawn by its issuer",
    },
    ("POST", "/v1/capabilities"): capability(),
    ("PUT", "/v1/capabilities/{capability_id}"): capability(capacity=3),
    ("POST", "/v1/capabilities/{capability_id}/status"): {"status": "paused", "reason": "rest"},
    ("POST", "/v1/api-clients"): {"role": "operator", "name": "night desk"},
    ("POST", "/v1/api-clients/{client_id}/revocation"): {"reason": "lost"},
    ("POST", "/v1/requests"): protection(),
    ("POST", "/v1/requests/{request_id}/approve"): {},
    ("POST", "/v1/requests/{request_id}/cancel"): {"reason": "plans changed"},
    ("POST", "/v1/match-previews"): protection(),
    ("POST", "/v1/reviews/{review_id}/decision"): {
        "decision": "cleared",
        "reason": "a permit for foreigners was shown",
    },
    ("POST", "/v1/offers/{offer_id}/accept"): {},
    ("POST", "/v1/offers/{offer_id}/decline"): {"reason": "busy"},
    ("POST", "/v1/offers/{offer_id}/counter"): {"price": PRICE, "reason": "fuel"},
    ("POST", "/v1/jobs/{job_id}/status"): {"status": "acknowledged"},
    ("POST", "/v1/jobs/{job_id}/delay"): {"delayed": True, "reason": "traffic"},
    ("POST", "/v1/jobs/{job_id}/positions"): {"position": PLACE["position"]},
    ("POST", "/v1/jobs/{job_id}/check-ins"): {},
    ("POST", "/v1/jobs/{job_id}/incidents"): {"severity": "minor", "summary": "rain"},
    ("POST", "/v1/incidents/{incident_id}/status"): {"status": "triaged", "reason": "seen"},
    ("POST", "/v1/webhooks"): {"url": "https://anybody.example/in"},
    ("PUT", "/v1/preferences"): {"email": {}},
}


def table() -> dict[Route, dict[str, int]]:
    """Return the expected status by route and caller."""
    head, *lines = EXPECTED.replace("\\\n", "").strip().splitlines()
    callers = head.split()
    rows = [line.split() for line in lines if line.strip()]
    return {
        (method, path): dict(zip(callers, map(int, cells), strict=True))
        for method, path, *cells in rows
    }


@dataclass(frozen=True)
class Stage:
    """The world as it was made, for one question after the other."""

    application: Application
    world: World
    snapshot: Snapshot

    def ask(self, who: str, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a route's request as one of the table's callers; its effect is undone."""
        # Offers are asked about before they are answered: the open one stands for them.
        ids = self.world.ids | {"offer_id": self.world.ids["open_offer_id"]}
        headers = self.headers(who) | options.pop("headers", {})
        try:
            return self.application.client.request(
                method,
                path.format_map(ids),
                json=BODIES.get((method, path)),
                headers=headers,
                **options,
            )
        finally:
            self.snapshot.restore()

    def headers(self, who: str) -> dict[str, str]:
        """Return what tells who calls."""
        if who == "nobody":
            return {}
        if who == "expired":
            now = self.application.clock.now() - timedelta(hours=1)
            token = self.application.signer.sign(OPERATOR, now=now, token_id="tok_0")
            return {"Authorization": f"Bearer {token.value}"}
        return self.application.token(self.caller(who))

    def caller(self, who: str) -> Caller:
        """Return one of the table's callers that are clients."""
        known = {"operator": OPERATOR, **vars(self.world)}
        caller: Caller = known[who.replace("-", "_")]
        return caller


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One world for all questions; each finds it untouched."""
    with application() as opened:
        world = found(opened)
        snapshot = Snapshot(opened.stores)
        yield Stage(opened, world, snapshot)
        snapshot.close()


def routes_of(stage: Stage) -> set[Route]:
    """Return every route the application serves."""
    return {
        (method, route.path or "")
        for route in iter_route_contexts(stage.application.app.routes)
        for method in (route.methods or set()) - {"HEAD"}
    }


def test_the_table_lists_every_route_and_no_other(stage: Stage) -> None:
    """Whoever adds a route decides here who may use it."""
    assert set(table()) == routes_of(stage)


def test_every_route_that_takes_a_body_is_asked_with_a_good_one() -> None:
    """Otherwise a 422 would hide what the policy says."""
    commands = {route for route in table() if route[0] in {"POST", "PUT"}}
    assert set(BODIES) == commands - {("POST", "/oauth/token")}


@pytest.mark.parametrize("route", sorted(table()), ids=" ".join)
def test_each_caller_gets_what_the_table_says(stage: Stage, route: Route) -> None:
    """Exactly this status, for this caller, in this world."""
    expected = table()[route]
    answers = {who: stage.ask(who, *route) for who in expected}
    assert {who: answer.status_code for who, answer in answers.items()} == expected
    for answer in answers.values():
        if answer.is_error and route[1] != "/oauth/token":
            assert answer.headers["content-type"] == "application/problem+json"
        if answer.status_code == 401:
            assert answer.headers["www-authenticate"].startswith("Bearer")


def test_the_table_hides_from_strangers_all_that_has_an_id(stage: Stage) -> None:
    """404, as if it were not there, wherever a stranger's role has the permission at all."""
    for route in iter_route_contexts(stage.application.app.routes):
        gate = gate_of(getattr(route, "dependant", None))
        path = route.path or ""
        if gate is None or gate.permission is None or "{" not in path:
            continue
        for who in ("other-enterprise", "other-provider"):
            permitted = gate.permission in POLICY[stage.caller(who).role]
            for method in route.methods or ():
                expected = 404 if permitted else 403
                assert table()[method, path][who] == expected, f"{method} {path}"


@pytest.mark.parametrize("path", ["/v1/offers", "/v1/jobs"])
def test_a_filter_finds_nothing_of_strangers(stage: Stage, path: str) -> None:
    """Whoever knows the id of a request learns no more by it."""
    for who, count in (("provider", 1), ("other-provider", 0), ("other-enterprise", 0)):
        caller = stage.caller(who)
        wanted = f"{path}?request_id={stage.world.ids['request_id']}"
        found = stage.application.ask(caller, "GET", wanted).json()
        assert len(found["items"]) == count


@pytest.mark.parametrize("who", ["other-enterprise", "other-provider"])
def test_strangers_learn_nothing_of_it_by_any_route(stage: Stage, who: str) -> None:
    """No id of theirs, no name, in no list, page of a list, or stream from its beginning."""
    belongings = {*stage.world.ids.values(), *SECRETS, "Angkor Guard", "Harbour Trading"}
    belongings |= {str(stage.world.enterprise.organisation_id), stage.world.enterprise.client_id}
    for method, path in table():
        if path.startswith(("/v1", "/oauth")) and (method, path) not in OWN_WORDS:
            answer = stage.ask(who, method, path, headers={"Last-Event-ID": "0"})
            asked = path.format_map(
                stage.world.ids | {"offer_id": stage.world.ids["open_offer_id"]}
            )
            leaked = {word for word in belongings if word in answer.text and word not in asked}
            assert not leaked, f"{method} {path}"


# Their answers repeat what the caller itself has just said.
OWN_WORDS = {("POST", "/v1/organisations"), ("POST", "/v1/requests")}
