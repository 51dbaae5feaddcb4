"""Muster on this machine, as one command starts, shows, stops and plays it."""

from pathlib import Path
from typing import Annotated

import typer

from muster.cli.files import DEFAULT_DIRECTORY

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


def status(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Show every process, its pid, and whether it is ready; exit code 0 only if all are."""
    from muster.cli.status import show_status

    raise typer.Exit(0 if show_status(directory) else 1)


def down(
    directory: Directory = DEFAULT_DIRECTORY,
    erase: Annotated[bool, typer.Option(help="Delete data, keys and logs, too.")] = False,
) -> None:
    """Stop all that `muster up` started. Data stays, unless --erase."""
    from muster.cli.down import stop

    ran = stop(directory, erase=erase)
    typer.echo("Muster is down." if ran else "Muster was not running.")


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
