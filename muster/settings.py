"""Settings of the platform, from environment variables named MUSTER_…; services add their own."""

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import quote

from pydantic import AnyHttpUrl, Field, field_validator, model_validator
from pydantic_settings import NoDecode

from muster.contracts.catalogue import OWNERS
from muster.switches import Switches

SERVICE, PASSWORD = "{service}", "{password}"


class NoSecret(ValueError):
    """An address asks for a password, and there is no file to take it from."""


class Settings(Switches):
    """What every process needs to know. All wrong values are reported at once."""

    services: Annotated[tuple[str, ...], NoDecode] = OWNERS  # which services this process serves
    # In addresses and names of files {service} is filled in, in addresses {password}, too: it is
    # the first line of the password file.
    database_url: str = "sqlite:///.muster/data/{service}.db"
    database_password_file: str | None = None
    amqp_url: str = "amqp://guest:guest@127.0.0.1:5672/%2F"
    amqp_password_file: str | None = None
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)] = 8480
    # worker and relay serve /metrics, /healthz and /readyz here; 0 picks a free port
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0
    token_private_key_file: Path | None = None  # PEM, Ed25519; only the registry's api needs it
    token_public_key_file: Path = Path(".muster/keys/token.pub.pem")
    token_issuer: str = "muster"  # noqa: S105 - a name, not a secret
    token_lifetime_seconds: Annotated[int, Field(ge=60, le=3600)] = 900
    batch_size: Annotated[int, Field(ge=1, le=1000)] = 200
    drain_seconds: Annotated[float, Field(gt=0, le=300)] = 20
    max_body_bytes: Annotated[int, Field(ge=1024)] = 1_048_576
    log_level: str = "INFO"
    # Where spans go, over OTLP/HTTP; and how many journeys are traced, from 0 (none) to 1 (all).
    otlp_endpoint: AnyHttpUrl | None = None
    trace_sample_ratio: Annotated[float, Field(ge=0, le=1)] = 0

    @field_validator("services", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.split(",")) if isinstance(value, str) else value

    @field_validator("services")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(value) - set(OWNERS)):
            raise ValueError(f"unknown services {unknown}; choose from {list(OWNERS)}")
        return value

    @model_validator(mode="after")
    def _traces_go_somewhere(self) -> Self:
        if self.trace_sample_ratio and self.otlp_endpoint is None:
            raise ValueError(
                "MUSTER_TRACE_SAMPLE_RATIO asks for traces, and nobody takes them: "
                "say who, in MUSTER_OTLP_ENDPOINT, such as http://127.0.0.1:4318."
            )
        return self

    @field_validator("log_level")
    @classmethod
    def _is_a_level(cls, value: str) -> str:
        levels = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
        if value.upper() not in levels:
            raise ValueError(f"choose from {', '.join(levels)}")
        return value

    def database_url_of(self, service: str) -> str:
        """Return the database of one service, and its login. Raises NoSecret."""
        return _filled("database", self.database_url, self.database_password_file, service)

    def amqp_url_of(self, service: str) -> str:
        """Return the broker, and one service's login there. Raises NoSecret."""
        return _filled("amqp", self.amqp_url, self.amqp_password_file, service)


def _filled(what: str, url: str, password_file: str | None, service: str) -> str:
    url = url.replace(SERVICE, service)
    if PASSWORD not in url:
        return url
    setting = f"MUSTER_{what.upper()}_PASSWORD_FILE"
    if password_file is None:
        raise NoSecret(f"MUSTER_{what.upper()}_URL asks for a password: say where, in {setting}.")
    file = Path(password_file.replace(SERVICE, service))
    try:
        password = file.read_text(encoding="utf-8").partition("\n")[0]
    except OSError as error:
        raise NoSecret(f"{setting} names {file}, which cannot be read: {error.strerror}.") from None
    if not password:
        raise NoSecret(f"{setting} names {file}, which is empty.")
    return url.replace(PASSWORD, quote(password, safe=""))
