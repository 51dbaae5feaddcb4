"""The far ends that notify talks to."""

from collections.abc import Iterator

import pytest

from tests.unit.notify.smtp_sink import Sink, smtp_sink


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A real SMTP server on loopback."""
    with smtp_sink() as running:
        yield running
