"""Settings of the platform: addresses and the logins in them."""

from pathlib import Path

import pytest

from muster.settings import NoSecret, Settings


def test_without_places_to_fill_in_every_service_has_the_same_address() -> None:
    """One login for all, as long as nobody asks for more."""
    settings = Settings(amqp_url="amqp://all:pw@broker/%2F")

    assert settings.amqp_url_of("registry") == settings.amqp_url_of("notify") == settings.amqp_url


def test_every_service_gets_its_own_user_and_password(tmp_path: Path) -> None:
    """Any password makes a valid address, and the end of its line is no part of it."""
    (tmp_path / "amqp_notify").write_text("p@ss/{service}\n")
    settings = Settings(
        amqp_url="amqps://muster_{service}:{password}@a/%2F,amqps://muster_{service}:{password}@b/",
        amqp_password_file=str(tmp_path / "amqp_{service}"),
    )

    assert settings.amqp_url_of("notify") == (
        "amqps://muster_notify:p%40ss%2F%7Bservice%7D@a/%2F,"
        "amqps://muster_notify:p%40ss%2F%7Bservice%7D@b/"
    )


def test_databases_have_logins_of_their_own_likewise(tmp_path: Path) -> None:
    """One rule for both kinds of address."""
    (tmp_path / "registry").write_text("secret")
    settings = Settings(
        database_url="postgresql+psycopg://m_{service}:{password}@db/m_{service}",
        database_password_file=str(tmp_path / "{service}"),
    )

    assert settings.database_url_of("registry") == (
        "postgresql+psycopg://m_registry:secret@db/m_registry"
    )


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (None, "say where, in MUSTER_AMQP_PASSWORD_FILE"),
        ("missing", "cannot be read: No such file"),
        ("empty", "which is empty"),
    ],
)
def test_a_password_that_is_not_there_is_said_so(
    tmp_path: Path, file: str | None, problem: str
) -> None:
    """By the setting to mend; the process does not try without."""
    (tmp_path / "empty").touch()
    settings = Settings(
        amqp_url="amqp://muster_{service}:{password}@broker/%2F",
        amqp_password_file=file and str(tmp_path / file),
    )

    with pytest.raises(NoSecret, match=problem):
        settings.amqp_url_of("notify")
