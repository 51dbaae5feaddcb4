"""Notify's settings."""

import pytest

from services.notify.settings import NotifySettings


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks are a list with commas."""
    monkeypatch.setenv("MUSTER_WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8, ::1/128")
    allowed = NotifySettings().webhook_allowed_networks
    assert [str(network) for network in allowed] == ["127.0.0.0/8", "::1/128"]
