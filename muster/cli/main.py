"""The `muster` command: a table of contents. Every command loads what it needs when it runs."""

import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

from muster.cli.dead_letters.app import app as dead_letters
from muster.cli.errors import CannotRun
from muster.cli.files import DEFAULT_DIRECTORY

app = typer.Typer(
    help="Muster lets the members of a cross-border security alliance act as one.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(dead_letters, name="dead-letters")

Directory = Annotated[
    Path, typer.Option(help="Where it keeps data, keys, logs and addresses.", show_default=True)
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        envvar="MUSTER_DATABASE_URL",
        help="Your own databases, e.g. postgresql+psycopg://user:secret@host/muster_{service}",
    ),
]
AmqpUrl = Annotated[
    str | None,
    typer.Option(
        envvar="MUSTER_AMQP_URL",
        help="Your own RabbitMQ, e.g. amqp://user:secret@host/vhost: then none is started.",
    ),
]


@app.command()
def up(
    directory: Directory = DEFAULT_DIRECTORY,
    database_url: DatabaseUrl = None,
    amqp_url: AmqpUrl = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=99, help="How many workers share the queues; one.")
    ] = None,
) -> None:
    """Start Muster on this machine, with a RabbitMQ of its own, and wait until it is ready."""
    from muster.cli.deployment import Options
    from muster.cli.up import start

    running = start(Options(directory, database_url, amqp_url, workers=workers), typer.echo)
    typer.echo(f"\nMuster is up: {running.api}/openapi.json   operator: {running.credentials}")


@app.command()
def status(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Show every process, its pid, and whether it is ready; exit code 0 only if all are."""
    from muster.cli.status import show_status

    raise typer.Exit(0 if show_status(directory) else 1)


@app.command()
def down(
    directory: Directory = DEFAULT_DIRECTORY,
    erase: Annotated[bool, typer.Option(help="Delete data, keys and logs, too.")] = False,
) -> None:
    """Stop all that `muster up` started. Data stays, unless --erase."""
    from muster.cli.down import stop

    ran = stop(directory, erase=erase)
    typer.echo("Muster is down." if ran else "Muster was not running.")


@app.command()
def demo(
    directory: Directory = DEFAULT_DIRECTORY,
    database_url: DatabaseUrl = None,
    amqp_url: AmqpUrl = None,
    leave: Annotated[
        bool, typer.Option("--exit", help="End after the summary instead of staying up.")
    ] = False,
    members: Annotated[int, typer.Option(min=2, help="Organisations that join.")] = 120,
    capabilities: Annotated[int, typer.Option(min=1, help="What they bring.")] = 600,
    requests: Annotated[int, typer.Option(min=1, help="What is asked of them.")] = 300,
    seed: Annotated[int, typer.Option(help="The same seed draws the same alliance.")] = 2026,
    faults: Annotated[
        str, typer.Option(help="Kill these processes on the way, e.g. worker,relay,api")
    ] = "",
) -> None:
    """Start Muster and play a whole scenario through its public API."""
    from muster.cli.demo.command import DemoOptions, run_demo
    from muster.cli.deployment import Options

    options = DemoOptions(
        Options(directory, database_url, amqp_url),
        leave,
        members,
        capabilities,
        requests,
        seed,
        tuple(name for name in faults.split(",") if name),
    )
    raise typer.Exit(run_demo(options))


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="A CSV file of incidents.", dir_okay=False)],
    directory: Directory = DEFAULT_DIRECTORY,
    database_url: DatabaseUrl = None,
    amqp_url: AmqpUrl = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many rows.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed draws the same alliance.")] = 2026,
) -> None:
    """Turn each incident of a file into a request, and tell what became of every row."""
    from muster.cli.deployment import Options
    from muster.cli.replay.command import ReplayOptions, run_replay

    options = ReplayOptions(Options(directory, database_url, amqp_url), file, limit, seed)
    raise typer.Exit(run_replay(options))


@app.command()
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


@app.command()
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


@app.command()
def api() -> None:
    """Run the HTTP process (settings: MUSTER_… environment variables)."""
    from muster.cli import processes

    processes.api()


@app.command()
def worker() -> None:
    """Run the process that takes messages and fires timers."""
    from muster.cli import processes

    processes.worker()


@app.command()
def relay() -> None:
    """Run the process that moves outboxes to the broker."""
    from muster.cli import processes

    processes.relay()


@app.command()
def migrate(
    with_keys: Annotated[bool, typer.Option(help="Make the keys of tokens, if missing.")] = False,
) -> None:
    """Create or upgrade the databases."""
    from muster.cli import processes
    from muster.cli.credentials import ensure_keys
    from muster.settings import Settings

    if with_keys:
        ensure_keys(Settings())
    processes.migrate()


@app.command()
def operator() -> None:
    """Make an operator's API client and print its id and secret: nobody else keeps the secret."""
    from muster.cli.bootstrap import create_operator
    from muster.settings import Settings

    client_id, client_secret = create_operator(Settings())
    typer.echo(f"client_id={client_id}\nclient_secret={client_secret}")


@app.command()
def broker_users() -> None:
    """Print RabbitMQ definitions: a user for each service, with rights to what is its own.

    The users are those of MUSTER_AMQP_URL, e.g. amqp://muster_{service}:{password}@host/vhost, and
    the passwords those in MUSTER_AMQP_PASSWORD_FILE, e.g. /etc/muster/amqp_{service}.
    """
    import json

    from muster.cli.broker_users import describe_users
    from muster.settings import Settings

    typer.echo(json.dumps(describe_users(Settings()), indent=2))


@app.command()
def asyncapi() -> None:
    """Print the AsyncAPI description of every event; docs/asyncapi.yaml holds it."""
    import yaml

    from muster.cli.asyncapi import describe
    from muster.cli.bootstrap import topology

    typer.echo(yaml.safe_dump(describe(topology()), sort_keys=False, allow_unicode=True), nl=False)


@app.command()
def ready(url: Annotated[str, typer.Argument(help="The /readyz of a process.")]) -> None:
    """Exit with 0 if a process is ready, else with 1 and the reason: a health check."""
    from muster.cli.readiness import why_not_ready

    if reason := why_not_ready(url):
        raise CannotRun(reason)


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

    from muster.settings import NoSecret

    if isinstance(error, NoSecret):
        return str(error)
    if not isinstance(error, ValidationError):
        raise error
    lines = [_line(each["loc"], each["msg"], each["input"]) for each in error.errors()]
    return "\n".join(["These settings are wrong; correct them in the environment:", *lines])


def _line(place: tuple[int | str, ...], problem: str, given: object) -> str:
    said = problem.removeprefix("Value error, ")
    if not place:  # several settings do not fit together; the problem names them
        return f"  {said}"
    return f"  MUSTER_{'_'.join(map(str, place)).upper()}: {said}, not {given!r}"
