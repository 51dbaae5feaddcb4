"""`muster doctor`."""

import os
from collections.abc import Iterator
from pathlib import Path

import typer

from muster.cli.deployment import FILE, Deployment, load
from muster.cli.doctor import mistakes
from muster.cli.doctor.examination import Checked, anything_wrong, examine
from muster.cli.doctor.finding import Finding
from muster.cli.doctor.opening import opened, opened_deployment
from muster.cli.doctor.report import as_json, as_text
from muster.cli.errors import CannotRun, InputUnusable
from muster.cli.files import DEFAULT_DIRECTORY
from muster.settings import Settings


def run_doctor(
    directory: Path | None, environment_only: bool, json: bool, management_url: str | None = None
) -> int:
    """Print all that was found; return 0 if all is well, 1 if there is something to mend.

    Raises InputUnusable if a directory was named and there is no Muster in it.
    """
    home = _home(directory, environment_only)
    looked_at = f"the Muster in {home}" if home else "the settings in the environment"
    checked = list(_checked(home, management_url))
    typer.echo((as_json if json else as_text)(looked_at, checked))
    return 1 if anything_wrong(checked) else 0


def _home(directory: Path | None, environment_only: bool) -> Path | None:
    if environment_only:
        return None
    if directory is not None and not (directory / FILE).exists():
        raise InputUnusable(
            f"There is no Muster in {directory}: start one with `muster up`, or look at the "
            "settings in the environment with --environment."
        )
    home = directory or DEFAULT_DIRECTORY
    return home if (home / FILE).exists() else None


def _load(home: Path) -> Deployment:
    try:
        return load(home)
    except (CannotRun, ValueError, TypeError, LookupError) as error:
        raise InputUnusable(f"{home / FILE} cannot be used: {error}") from error


def _checked(home: Path | None, management_url: str | None) -> Iterator[Checked]:
    deployment = _load(home) if home else None
    settings, wrong = mistakes.read(deployment.settings if deployment else Settings)
    own, wrong_own = mistakes.of_services(settings.services if settings else ())
    found: list[Finding] = [*wrong, *wrong_own, *mistakes.misspelt(os.environ)]
    yield Checked("settings", tuple(mistakes.all_well(found)))
    if settings is None:
        return  # where to look for the rest is what is wrong
    rules = mistakes.rule_pack_in(own)
    patient = (
        opened_deployment(deployment, settings, rules, management_url)
        if deployment
        else opened(settings, rules, management_url)
    )
    with patient as there:
        yield from examine(there)
