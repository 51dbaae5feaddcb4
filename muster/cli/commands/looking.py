"""Looking at a Muster: as it runs, and whether all is as it should be. Neither changes anything."""

from pathlib import Path
from typing import Annotated

import typer


def doctor(
    directory: Annotated[
        Path | None,
        typer.Option(help="Of a `muster up`; .muster, if there is one there.", show_default=False),
    ] = None,
    environment: Annotated[
        bool,
        typer.Option("--environment", help="Go by the MUSTER_… variables alone, as containers do."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look everything over, and say what to do about what is wrong. Changes nothing.

    Exit codes: 0 all is well, 1 there is something to mend, 2 it could not look.
    """
    from muster.cli.doctor.command import run_doctor

    raise typer.Exit(run_doctor(directory, environment, as_json))
