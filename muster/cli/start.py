"""Reading the settings a process starts with: all that is wrong is said at once, by variable."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar, TypeVar

from pydantic import ValidationError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from muster.cli import bootstrap
from muster.cli.errors import CannotRun
from muster.clock import SystemClock
from muster.contracts.catalogue import OWNERS
from muster.messaging.connection import nodes_of
from muster.observability.measuring import API, RELAY, WORKER
from muster.settings import NoSecret, Settings
from muster.web.tokens import TokenSigner, TokenVerifier

T = TypeVar("T")

MIGRATION = "migration"
DRIVERS = ("sqlite", "postgresql+psycopg")


class WrongSettings(CannotRun):
    """The process cannot start with these settings; the message names every variable to mend."""

    exit_code: ClassVar[int] = 2

    def __init__(self, mistakes: list[str]) -> None:
        lines = [f"  {mistake}" for mistake in dict.fromkeys(mistakes)]
        super().__init__(
            "\n".join(["These settings are wrong; correct them in the environment:", *lines])
        )


def settings_for(process: str) -> Settings:
    """Return the settings of a process that can start with them. Raises WrongSettings."""
    mistakes: list[str] = []
    settings = _read(Settings, mistakes)
    if process in (API, WORKER):
        for service in settings.services if settings else OWNERS:
            _read(lambda service=service: bootstrap.settings_of(service), mistakes)  # type: ignore[misc]
    if settings is not None:
        mistakes += _addresses(settings, process)
        if process == API:
            mistakes += _keys(settings)
    if settings is None or mistakes:
        raise WrongSettings(mistakes)
    return settings


def mistakes_in(error: ValidationError) -> list[str]:
    """Return each mistake in words, by the name of its variable."""
    return [_in_words(each["loc"], each["msg"], each["input"]) for each in error.errors()]


def _read(make: Callable[[], T], mistakes: list[str]) -> T | None:
    try:
        return make()
    except ValidationError as error:
        mistakes += mistakes_in(error)
        return None


def _in_words(place: tuple[int | str, ...], problem: str, given: object) -> str:
    said = problem.removeprefix("Value error, ")
    if not place:  # several settings do not fit together; the problem names them
        return said
    return f"MUSTER_{'_'.join(map(str, place)).upper()}: {said}, not {given!r}"


def _addresses(settings: Settings, process: str) -> Iterator[str]:
    """Yield what is wrong with the addresses of each service; they hold passwords."""
    for service in settings.services:
        try:
            driver = make_url(settings.database_url_of(service)).drivername
            if driver not in DRIVERS:
                yield (
                    f"MUSTER_DATABASE_URL: {driver!r} is not a store Muster knows; "
                    "write sqlite:///path or postgresql+psycopg://…"
                )
        except NoSecret as error:
            yield str(error)
        except (ArgumentError, ValueError):
            yield (
                "MUSTER_DATABASE_URL: it cannot be read; "
                "write sqlite:///path or postgresql+psycopg://user:password@host/database"
            )
        if process not in (WORKER, RELAY):
            continue  # these alone need a broker
        try:
            nodes_of(settings.amqp_url_of(service), "settings")
        except NoSecret as error:
            yield str(error)
        except ValueError as error:
            yield f"MUSTER_AMQP_URL: {error}"


def _keys(settings: Settings) -> Iterator[str]:
    issuer = settings.token_issuer
    public = settings.token_public_key_file
    if why := _unusable(public, lambda key: TokenVerifier(key, issuer, SystemClock())):
        yield f"MUSTER_TOKEN_PUBLIC_KEY_FILE: {public} cannot be used: {why}"
    private = settings.token_private_key_file
    if private is not None:
        lifetime = settings.token_lifetime_seconds
        if why := _unusable(private, lambda key: TokenSigner(key, issuer, lifetime)):
            yield f"MUSTER_TOKEN_PRIVATE_KEY_FILE: {private} cannot be used: {why}"


def _unusable(file: Path, use: Callable[[bytes], object]) -> str | None:
    try:
        use(file.read_bytes())
    except OSError as error:
        return f"{error.strerror}; `muster migrate --with-keys` makes a pair"
    except (ValueError, TypeError) as error:
        return f"{error}; it has to be an Ed25519 key in PEM"
    return None
