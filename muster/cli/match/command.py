"""The command `muster match`: reads a scenario, plays it, and says what came of it."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from muster.cli.errors import CannotRun, InputUnusable
from muster.cli.match.comparison import changes, read_result
from muster.cli.match.decisions import unknown_rules
from muster.cli.match.mistakes import refusal
from muster.cli.match.play import play
from muster.cli.match.reading import read_scenario
from muster.cli.match.report import result_of
from muster.cli.match.result import Result
from muster.cli.match.scenario import Scenario
from muster.cli.match.settings import SettingsOnFile
from muster.cli.match.summary import show
from services.matching.engine.policy import Policy
from services.matching.rule_pack import RulePackInvalid

WIDTH = 100  # of tables that no terminal bounds
DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True)
class MatchOptions:
    """What to play, by which rules (None: those that come with Muster), and where it goes to.

    `against` is an earlier result to compare with.
    """

    scenario: Path
    output: Path | None = None
    against: Path | None = None
    rules: Path | None = None
    as_json: bool = False
    as_table: bool = False


def run_match(options: MatchOptions) -> None:
    """Play a scenario; raise InputUnusable for one that cannot be played.

    Without a file to write to, people at a terminal get tables, programs get the JSON. With an
    earlier result to compare with, both get the changes alone.
    """
    earlier = read_result(options.against) if options.against else None
    result = _result(options)
    text = result.model_dump_json(indent=2)
    if options.output is not None:
        _write(options.output, text)
    if earlier is not None:
        typer.echo("\n".join(changes(earlier, result)))
    elif options.as_json or not (options.as_table or options.output or sys.stdout.isatty()):
        typer.echo(text)
    else:
        show(result, Console() if sys.stdout.isatty() else Console(width=WIDTH))


def schema() -> str:
    """Return the JSON Schema of a scenario."""
    described: dict[str, Any] = {"$schema": DIALECT, **Scenario.model_json_schema()}
    return json.dumps(described, indent=2)


def _result(options: MatchOptions) -> Result:
    scenario = read_scenario(options.scenario)
    policy = _policy(scenario.settings, options.rules)
    if mistakes := list(unknown_rules(scenario.decisions, policy.pack)):
        raise refusal(str(options.scenario), mistakes)
    return result_of(play(scenario, policy))


def _policy(settings: SettingsOnFile, rules: Path | None) -> Policy:
    try:
        return settings.policy(rules)
    except RulePackInvalid as error:
        raise InputUnusable(str(error)) from error


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text + "\n", "utf-8")
    except OSError as error:
        raise CannotRun(
            f"{path} cannot be written ({error.strerror}); give another file to --output."
        ) from error
