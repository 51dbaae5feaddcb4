"""Access tokens: short-lived JWTs signed with Ed25519, verified without asking anybody."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from muster.access import POLICY, Caller
from muster.clock import Clock
from muster.contracts.vocabulary.errors import MusterError
from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.contracts.vocabulary.kinds import Role

AUDIENCE = "muster"
TYPE = "at+jwt"  # RFC 9068; keeps other JWTs of the same key from passing as access tokens
ALGORITHM = "EdDSA"
CLOCK_SKEW = timedelta(seconds=10)  # how far the registry's clock may run ahead of ours
MAX_CHARACTERS = 4096  # a longer token is refused unread
MAX_REMEMBERED = 4096

_PUBLIC_KEY = re.compile(rb"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)


class Unauthenticated(MusterError):
    """Nobody the platform knows is calling."""


class TokenMissing(Unauthenticated):
    """The request carries no access token."""


class TokenExpired(Unauthenticated):
    """The token was good once."""


class TokenInvalid(Unauthenticated):
    """The token was not issued by this platform for this use, or was tampered with."""


@dataclass(frozen=True)
class AccessToken:
    """A signed token, and what the client must know about it."""

    value: str
    expires_in: int  # seconds
    scope: str  # space separated permissions


def generate_keypair() -> tuple[bytes, bytes]:
    """Return a fresh (private, public) pair of PEM documents for signer and verifier."""
    private = Ed25519PrivateKey.generate()
    return (
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    )


class TokenSigner:
    """Issues access tokens. Only the registry's api holds one."""

    def __init__(self, private_key_pem: bytes, issuer: str, lifetime_s: int) -> None:
        key = load_pem_private_key(private_key_pem, password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError("the token key must be an Ed25519 private key in PEM form")
        self._key = key
        self._kid = key_id(key.public_key())
        self._issuer = issuer
        self._lifetime = lifetime_s

    def sign(self, caller: Caller, *, now: datetime, token_id: str) -> AccessToken:
        """Return a token that lets its bearer act as `caller` from `now` for the lifetime."""
        issued_at = int(now.timestamp())
        scope = " ".join(sorted(POLICY[caller.role]))
        claims = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": caller.client_id,
            "client_id": caller.client_id,
            "role": caller.role.value,
            "org": caller.organisation_id,
            "scope": scope,
            "iat": issued_at,
            "nbf": issued_at,
            "exp": issued_at + self._lifetime,
            "jti": token_id,
        }
        value = jwt.encode(claims, self._key, ALGORITHM, {"kid": self._kid, "typ": TYPE})
        return AccessToken(value, self._lifetime, scope)


@dataclass(frozen=True)
class _Verified:
    caller: Caller
    not_before: datetime
    expires_at: datetime


class TokenVerifier:
    """Tells who calls, from a token alone.

    `public_key_pem` may hold several keys one after the other, so that a signing key can be
    replaced without refusing tokens of the old one. Key references inside a token (jku, x5u,
    jwk) are never followed.
    """

    def __init__(self, public_key_pem: bytes, issuer: str, clock: Clock) -> None:
        self._keys = {key_id(key): key for key in _load_public_keys(public_key_pem)}
        self._issuer = issuer
        self._clock = clock
        # A signature once checked stays valid; the times are compared again on each use.
        self._remembered: dict[str, _Verified] = {}

    def verify(self, token: str) -> Caller:
        """Return the caller; raise TokenExpired or TokenInvalid."""
        verified = self._remembered.get(token)
        if verified is None:
            verified = self._check(token)
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[token] = verified
        now = self._clock.now()
        if now >= verified.expires_at:
            raise TokenExpired(
                f"The access token expired at {verified.expires_at.isoformat()}. "
                "Ask POST /oauth/token for a new one."
            )
        if now + CLOCK_SKEW < verified.not_before:
            raise TokenInvalid(
                f"The access token is valid only from {verified.not_before.isoformat()}. "
                "Set the clock of whoever issued it, or wait."
            )
        return verified.caller

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the public keys as a JWK set, for whoever else wants to verify."""
        return {
            "keys": [
                {**_jwk(key), "kid": kid, "use": "sig", "alg": ALGORITHM}
                for kid, key in sorted(self._keys.items())
            ]
        }

    def _check(self, token: str) -> _Verified:
        if len(token) > MAX_CHARACTERS:
            raise _invalid("it is too long")
        try:
            header = jwt.get_unverified_header(token)
            if header.get("typ") != TYPE:
                raise _invalid(f"its header does not say typ {TYPE}")
            key = self._keys.get(str(header.get("kid")))
            if key is None:
                raise _invalid("it is signed with a key that is not known here")
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=self._issuer,
                options={
                    "require": ["exp", "nbf", "iss", "aud", "sub"],
                    # compared with the injected clock instead
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
            return _read(claims)
        except jwt.PyJWTError as error:
            raise _invalid(str(error)) from error
        except (KeyError, ValueError, TypeError, OverflowError, OSError) as error:
            raise _invalid("its claims cannot be read") from error


def key_id(key: Ed25519PublicKey) -> str:
    """Return the RFC 7638 thumbprint of a key, which names it in tokens and in the JWK set."""
    jwk = _jwk(key)
    canonical = f'{{"crv":"{jwk["crv"]}","kty":"{jwk["kty"]}","x":"{jwk["x"]}"}}'
    return _base64url(sha256(canonical.encode()).digest())


def _read(claims: Mapping[str, Any]) -> _Verified:
    organisation = claims.get("org")
    return _Verified(
        Caller(
            client_id=str(claims["sub"]),
            role=Role(claims["role"]),
            organisation_id=None if organisation is None else OrganisationId(str(organisation)),
        ),
        not_before=datetime.fromtimestamp(int(claims["nbf"]), UTC),
        expires_at=datetime.fromtimestamp(int(claims["exp"]), UTC),
    )


def _invalid(why: str) -> TokenInvalid:
    return TokenInvalid(
        f"The access token is not acceptable: {why}. Ask POST /oauth/token for a new one."
    )


def _load_public_keys(pem: bytes) -> list[Ed25519PublicKey]:
    keys = [load_pem_public_key(block) for block in _PUBLIC_KEY.findall(pem)]
    ours = [key for key in keys if isinstance(key, Ed25519PublicKey)]
    if not ours or len(ours) != len(keys):
        raise ValueError("the token key file must hold Ed25519 public keys in PEM form")
    return ours


def _jwk(key: Ed25519PublicKey) -> dict[str, str]:
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "x": _base64url(raw)}


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
