"""What the methods of `subscriptions.py` depend on besides their arguments."""

from collections.abc import Callable
from typing import Any

from nameko.extensions import DependencyProvider
from pydantic_settings import BaseSettings


class Setting(DependencyProvider):  # type: ignore[misc]
    """Gives a service its validated settings, read from the environment at start."""

    def __init__(self, settings: type[BaseSettings]) -> None:
        self.settings = settings

    def setup(self) -> None:
        """Read and validate; a wrong value stops the process with every error at once."""
        self.value = self.settings()

    def get_dependency(self, worker_ctx: object) -> BaseSettings:  # noqa: ARG002 - nameko's
        """Return the settings."""
        return self.value


class Kept(DependencyProvider):  # type: ignore[misc]
    """Gives a service what is made once of its settings, at start, and kept for as long as it runs.

    All its methods share it, in every thread.
    """

    def __init__(self, settings: type[BaseSettings], build: Callable[[Any], object]) -> None:
        self.settings = settings
        self.build = build

    def setup(self) -> None:
        """Make it; a wrong setting stops the process with every error at once."""
        self.value = self.build(self.settings())

    def get_dependency(self, worker_ctx: object) -> object:  # noqa: ARG002 - nameko's
        """Return what is kept."""
        return self.value
