"""The `muster` command: a table of contents."""

import sys
import warnings

import typer

from muster.cli.commands import deployment, looking, machine, matching, tracing
from muster.cli.dead_letters.app import app as dead_letters
from muster.cli.errors import CannotRun

COMMANDS = (
    machine.up,
    machine.status,
    machine.down,
    machine.demo,
    machine.replay,
    looking.top,
    looking.doctor,
    tracing.trace,
    matching.match,
    matching.allocate,
    deployment.api,
    deployment.worker,
    deployment.relay,
    deployment.migrate,
    deployment.operator,
    deployment.broker_users,
    deployment.asyncapi,
    deployment.metrics,
    deployment.ready,
)

app = typer.Typer(
    help="Muster lets the members of a cross-border security alliance act as one.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(dead_letters, name="dead-letters")


def main() -> None:
    """Run the command line; one that cannot run says why on stderr and exits with its code."""
    # It warns on import; docs/adr/ has why it is here all the same.
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    try:
        app()
    except CannotRun as error:
        typer.echo(str(error), err=True)
        sys.exit(error.exit_code)
    except ValueError as error:
        typer.echo(_explain(error), err=True)
        sys.exit(2)


def _explain(error: ValueError) -> str:
    from pydantic import ValidationError

    from muster.cli.start import WrongSettings, mistakes_in
    from muster.settings import NoSecret

    if isinstance(error, NoSecret):
        return str(error)
    if not isinstance(error, ValidationError):
        raise error
    return str(WrongSettings(mistakes_in(error)))
