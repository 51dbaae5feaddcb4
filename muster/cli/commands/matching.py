"""Matching without a server: on a scenario, or on numbers and names alone."""

from pathlib import Path
from typing import Annotated

import typer


def match(
    scenario: Annotated[
        Path | None, typer.Argument(metavar="SCENARIO.json", help="What to match; - reads stdin.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Where to write the result as JSON, besides the tables.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="An earlier --output: print what changed since instead.")
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(help="Other rules than those that come with Muster: a directory.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the JSON, even on a terminal.")
    ] = False,
    as_table: Annotated[
        bool, typer.Option("--table", help="Print the tables, even into a file.")
    ] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of a scenario instead.")
    ] = False,
) -> None:
    """Match the requests of a scenario, without a server: who serves whom, and why or why not."""
    from muster.cli.match import command

    if schema:
        typer.echo(command.schema())
    elif scenario is None:
        raise typer.BadParameter("Say which scenario: muster match SCENARIO.json")
    else:
        command.run_match(command.MatchOptions(scenario, output, against, rules, as_json, as_table))


def allocate(
    problem: Annotated[
        Path | None, typer.Argument(metavar="PROBLEM.json", help="What to allocate.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Where to write the result, instead of printing it.")
    ] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of a problem instead.")
    ] = False,
) -> None:
    """Allocate capacity to needs at the least cost: the allocator alone, on numbers and names."""
    from muster.cli import allocate as command

    if schema:
        typer.echo(command.schema())
    elif problem is None:
        raise typer.BadParameter("Say which problem: muster allocate PROBLEM.json")
    else:
        command.run_allocate(problem, output)
