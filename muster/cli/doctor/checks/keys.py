"""Are the keys that sign tokens there, and do they belong together?"""

from collections.abc import Iterator

from muster.access import Caller
from muster.cli.doctor.finding import Finding, note, trouble, well
from muster.cli.doctor.patient import Patient
from muster.contracts.vocabulary.kinds import Role
from muster.web.tokens import TokenSigner, TokenVerifier, Unauthenticated

_MAKE = "`muster migrate --with-keys` makes a pair; all processes need the same public key."
_TOGETHER = (
    "Give every process the public key of the registry's private one; a pair that does not "
    "belong together is replaced by `muster migrate --with-keys` once both files are gone."
)


def check(patient: Patient) -> Iterator[Finding]:
    """Yield whether a token that is signed here would be taken here."""
    settings = patient.settings
    public, private = settings.token_public_key_file, settings.token_private_key_file
    if not public.exists() and patient.directory is None:
        yield note(
            f"There is no {public} here (MUSTER_TOKEN_PUBLIC_KEY_FILE)",
            "A worker and a relay need none. For an api: " + _MAKE,
        )
        return
    try:
        verifier = TokenVerifier(public.read_bytes(), settings.token_issuer, patient.clock)
    except (OSError, ValueError, TypeError) as error:
        yield trouble(f"MUSTER_TOKEN_PUBLIC_KEY_FILE: {public} cannot be used: {error}", _MAKE)
        return
    if private is None:
        yield well("The public key of tokens can be used; there is no private one here")
        return
    try:
        signer = TokenSigner(
            private.read_bytes(), settings.token_issuer, settings.token_lifetime_seconds
        )
    except (OSError, ValueError, TypeError) as error:
        yield trouble(f"MUSTER_TOKEN_PRIVATE_KEY_FILE: {private} cannot be used: {error}", _MAKE)
        return
    nobody = Caller("doctor", Role.OPERATOR)
    token = signer.sign(nobody, now=patient.clock.now(), token_id="")  # never handed out
    if not public.exists() and patient.directory is None:
        yield note(
            f"There is no {public} here (MUSTER_TOKEN_PUBLIC_KEY_FILE)",
            "A worker and a relay need none. For an api: " + _MAKE,
        )
        return
    try:
        verifier.verify(token.value)
    except Unauthenticated:
        yield trouble(f"{private} and {public} do not belong together", _TOGETHER)
    else:
        yield well("The keys of tokens belong together")
