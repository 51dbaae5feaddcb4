"""What is wrong with the settings, all of it at once, by the names of the variables."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from muster.cli.doctor.finding import Finding, trouble, well
from muster.contracts.catalogue import OWNERS
from muster.settings import Settings

S = TypeVar("S", bound=BaseSettings)
PREFIX = "MUSTER_"
# Variables that something else than a process's settings reads.
_OF_OTHERS = (
    "MUSTER_PROMETHEUS_URL",
    "MUSTER_RABBITMQ_MANAGEMENT_URL",
    "MUSTER_SECRETS",
    "MUSTER_SUPERVISED_IN",
    "MUSTER_TARGETS",
)
_CORRECT = "Correct it where the processes get their environment from, and restart them."


def read(make: Callable[[], S]) -> tuple[S | None, list[Finding]]:
    """Return settings, or None and what is wrong with each variable."""
    try:
        return make(), []
    except ValidationError as error:
        return None, [_finding(each) for each in error.errors()]


def of_services(services: Iterable[str]) -> tuple[dict[str, BaseSettings], list[Finding]]:
    """Return the services' own settings, and what is wrong with those that are not there."""
    found: dict[str, BaseSettings] = {}
    wrong: list[Finding] = []
    for service in services:
        kind = _settings_class(service)
        if kind is not None:
            settings, mistakes = read(kind)
            wrong += mistakes
            if settings is not None:
                found[service] = settings
    return found, wrong


def misspelt(environment: Mapping[str, str]) -> list[Finding]:
    """Return every variable that looks like a setting, and that nothing reads."""
    known = {*_OF_OTHERS, *_known()}
    return [
        trouble(f"{name} is set, but there is no such setting", _meant(name, known))
        for name in sorted(environment)
        if name.startswith(PREFIX) and name.upper() not in known
    ]


def rule_pack_in(settings: Mapping[str, BaseSettings]) -> Path | None:
    """Return the directory of the rules, if it is not that of Muster's own."""
    found: Path | None = getattr(settings.get("matching"), "rule_pack_directory", None)
    return found


def all_well(mistakes: list[Finding]) -> list[Finding]:
    """Return the mistakes, or that there are none."""
    return mistakes or [well("All settings are valid, and none is misspelt")]


def _settings_class(service: str) -> type[BaseSettings] | None:
    name = f"services.{service}.settings"
    if find_spec(name) is None:
        return None
    kind: type[BaseSettings] = getattr(import_module(name), f"{service.capitalize()}Settings")
    return kind


def _known() -> set[str]:
    kinds: list[type[BaseSettings]] = [Settings]
    kinds += [kind for kind in map(_settings_class, OWNERS) if kind is not None]
    return {PREFIX + name.upper() for kind in kinds for name in kind.model_fields}


def _meant(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"Is {close[0]} meant? Rename it." if close else "Unset it; README.md lists them all."


def _finding(error: Any) -> Finding:
    said = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:  # several do not fit together; the problem names them
        return trouble(said, _CORRECT)
    name = PREFIX + "_".join(map(str, error["loc"])).upper()
    return trouble(f"{name}: {said}, not {error['input']!r}", _CORRECT)
