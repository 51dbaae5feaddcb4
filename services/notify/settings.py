"""Settings of notify, from environment variables named MUSTER_…"""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class NotifySettings(BaseSettings):
    """How notify reaches people. Without `smtp_host`, e-mails are recorded as suppressed."""

    model_config = SettingsConfigDict(env_prefix="MUSTER_", extra="ignore")

    smtp_host: str | None = None
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 25
    smtp_from: Annotated[str, Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$")] = "muster@localhost"
    smtp_starttls: bool = False
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    operator_email: str | None = None
    # Networks that are not public and may be called all the same, over http too: 127.0.0.0/8,…
    webhook_allowed_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    webhook_timeout_seconds: Annotated[float, Field(gt=0, le=30)] = 15
    notification_max_attempts: Annotated[int, Field(ge=1, le=50)] = 10
    webhook_failures_before_disabled: Annotated[int, Field(ge=1)] = 20  # in a row
    stream_retention_days: Annotated[int, Field(ge=1)] = 7
    stream_max_seconds: Annotated[float, Field(gt=0)] = (
        900  # then the client comes anew, with a token
    )

    @field_validator("webhook_allowed_networks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value
