"""Access tokens: what is accepted, and everything that is not."""

from base64 import urlsafe_b64decode
from datetime import timedelta
from typing import Any

import jwt
import pytest

from muster.access import Caller
from muster.clock import SimulatedClock
from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.contracts.vocabulary.kinds import Role
from muster.web.tokens import (
    MAX_REMEMBERED,
    TokenExpired,
    TokenInvalid,
    TokenSigner,
    TokenVerifier,
    generate_keypair,
)
from tests.stores import START

PRIVATE, PUBLIC = generate_keypair()
CALLER = Caller("cli_1", Role.PROVIDER, OrganisationId("org_1"))
AT = int(START.timestamp())
CLAIMS = {
    "iss": "muster",
    "aud": "muster",
    "sub": "cli_1",
    "role": "provider",
    "org": "org_1",
    "nbf": AT,
    "exp": AT + 900,
}


@pytest.fixture
def clock() -> SimulatedClock:
    """A clock that stands still."""
    return SimulatedClock(START)


@pytest.fixture
def verifier(clock: SimulatedClock) -> TokenVerifier:
    """A verifier of tokens signed with PRIVATE."""
    return TokenVerifier(PUBLIC, "muster", clock)


def sign(caller: Caller = CALLER, token_id: str = "tok_1") -> str:
    """Return a good token."""
    return TokenSigner(PRIVATE, "muster", 900).sign(caller, now=START, token_id=token_id).value


def forge(private: bytes = PRIVATE, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """Return a signed token in which some things differ from a good one; None removes a claim."""
    changed = {name: value for name, value in (CLAIMS | claims).items() if value is not None}
    kid = TokenVerifier(PUBLIC, "muster", SimulatedClock(START)).jwks()["keys"][0]["kid"]
    headers = {"kid": kid, "typ": "at+jwt"} | (header or {})
    return jwt.encode(changed, private, "EdDSA", headers)


@pytest.mark.parametrize("caller", [CALLER, Caller("cli_2", Role.OPERATOR)])
def test_a_signed_token_tells_who_calls(verifier: TokenVerifier, caller: Caller) -> None:
    """Members and operators alike."""
    assert verifier.verify(sign(caller)) == caller
    assert verifier.verify(sign(caller)) == caller  # also when it is remembered


def test_the_token_carries_what_rfc_9068_asks_for() -> None:
    """Header type, identity, times, id, scope."""
    issued = TokenSigner(PRIVATE, "muster", 900).sign(CALLER, now=START, token_id="tok_1")
    claims = jwt.decode(issued.value, options={"verify_signature": False})
    assert jwt.get_unverified_header(issued.value)["typ"] == "at+jwt"
    assert claims["exp"] - claims["iat"] == issued.expires_in == 900
    assert claims["sub"] == claims["client_id"] == "cli_1"
    assert claims["jti"] == "tok_1"
    assert claims["scope"] == issued.scope
    assert "jobs:report" in issued.scope.split()
    assert "requests:submit" not in issued.scope.split()


def test_a_forgery_that_differs_in_nothing_is_accepted(verifier: TokenVerifier) -> None:
    """So that the refusals below are for the reason they name."""
    assert verifier.verify(forge()) == CALLER


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "somebody"},
        {"aud": "another"},
        {"role": "emperor"},
        {"role": None},
        {"sub": None},
        {"exp": None},
        {"nbf": None},
        {"iss": None},
        {"aud": None},
        {"exp": "soon"},
        {"exp": 10**30},
        {"nbf": AT + 60},
        {"header": {"typ": "JWT"}},
        {"header": {"kid": "unknown"}},
        {"private": generate_keypair()[0]},
    ],
    ids=" ".join,  # what is wrong, not how: a fresh key would be another id in every worker
)
def test_a_token_that_is_wrong_in_one_thing_is_refused(
    verifier: TokenVerifier, change: dict[str, Any]
) -> None:
    """And the sentence says where to get a good one."""
    with pytest.raises(TokenInvalid, match=r"/oauth/token|wait"):
        verifier.verify(forge(**change))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "." * 10, "é" * 9, "A" * 5000])
def test_nonsense_is_refused(verifier: TokenVerifier, token: str) -> None:
    """Whatever somebody sends as a token."""
    with pytest.raises(TokenInvalid):
        verifier.verify(token)


def test_the_algorithm_is_ours_to_choose(verifier: TokenVerifier) -> None:
    """Neither no signature nor the public key as a shared secret."""
    kid = {"kid": verifier.jwks()["keys"][0]["kid"], "typ": "at+jwt"}
    unsigned = jwt.encode(CLAIMS, "", "none", kid)
    shared = jwt.encode(CLAIMS, urlsafe_b64decode("A" * 64), "HS256", kid)
    for token in (unsigned, shared):
        with pytest.raises(TokenInvalid):
            verifier.verify(token)


def test_a_key_that_comes_with_the_token_is_not_used(verifier: TokenVerifier) -> None:
    """An attacker's own key, offered in the header, proves nothing."""
    private, public = generate_keypair()
    offered = TokenVerifier(public, "muster", SimulatedClock(START)).jwks()["keys"][0]
    header = {"jwk": offered, "jku": "https://evil.example/jwks", "x5u": "https://evil.example/"}
    with pytest.raises(TokenInvalid):
        verifier.verify(forge(private, header=header))


def test_a_token_ends_at_its_hour_even_if_it_was_seen_before(
    verifier: TokenVerifier, clock: SimulatedClock
) -> None:
    """Remembering a signature does not lengthen a token's life."""
    token = sign()
    clock.advance(timedelta(seconds=899))
    verifier.verify(token)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(TokenExpired, match="new one"):
        verifier.verify(token)


def test_a_little_disagreement_of_clocks_is_forgiven() -> None:
    """The registry's clock may run ahead by some seconds, not by a minute."""
    behind = SimulatedClock(START - timedelta(seconds=5))
    assert TokenVerifier(PUBLIC, "muster", behind).verify(sign()) == CALLER
    far_behind = SimulatedClock(START - timedelta(seconds=60))
    with pytest.raises(TokenInvalid, match="clock"):
        TokenVerifier(PUBLIC, "muster", far_behind).verify(sign())


def test_a_key_can_be_replaced_without_refusing_its_tokens(clock: SimulatedClock) -> None:
    """The key file holds the old and the new one for a while."""
    private, public = generate_keypair()
    both = TokenVerifier(public + PUBLIC, "muster", clock)
    new = TokenSigner(private, "muster", 900).sign(CALLER, now=START, token_id="tok_2").value
    assert both.verify(sign()) == both.verify(new) == CALLER
    assert len(both.jwks()["keys"]) == 2


def test_the_published_key_verifies_a_token(verifier: TokenVerifier) -> None:
    """Anybody can check a token with the JWK set and a common library."""
    token = sign()
    (key,) = verifier.jwks()["keys"]
    assert key["kid"] == jwt.get_unverified_header(token)["kid"]
    assert "d" not in key  # the private part
    options: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    jwt.decode(token, jwt.PyJWK(key), ["EdDSA"], audience="muster", options=options)


def test_the_memory_of_tokens_is_bounded(verifier: TokenVerifier) -> None:
    """Many clients do not fill the process."""
    verifier.verify(sign())
    for number in range(MAX_REMEMBERED):
        verifier._remembered[str(number)] = verifier._remembered[sign()]
    verifier.verify(sign(token_id="tok_2"))
    assert len(verifier._remembered) == 1


def test_a_wrong_kind_of_key_is_refused_at_the_start(clock: SimulatedClock) -> None:
    """Not at the first request."""
    with pytest.raises(ValueError, match="Ed25519"):
        TokenVerifier(b"no key at all", "muster", clock)
