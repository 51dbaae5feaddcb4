"""What a deployment runs: the processes, and what prepares, describes and watches them."""

from typing import Annotated

import typer

from muster.cli.errors import CannotRun


def api() -> None:
    """Run the HTTP process (settings: MUSTER_… environment variables)."""
    from muster.cli import processes

    processes.api()


def worker() -> None:
    """Run the process that takes messages and fires timers."""
    from muster.cli import processes

    processes.worker()


def relay() -> None:
    """Run the process that moves outboxes to the broker."""
    from muster.cli import processes

    processes.relay()


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


def operator() -> None:
    """Make an operator's API client and print its id and secret: nobody else keeps the secret."""
    from muster.cli.bootstrap import create_operator
    from muster.settings import Settings

    client_id, client_secret = create_operator(Settings())
    typer.echo(f"client_id={client_id}\nclient_secret={client_secret}")


def broker_users() -> None:
    """Print RabbitMQ definitions: a user for each service, with rights to what is its own.

    The users are those of MUSTER_AMQP_URL, e.g. amqp://muster_{service}:{password}@host/vhost, and
    the passwords those in MUSTER_AMQP_PASSWORD_FILE, e.g. /etc/muster/amqp_{service}.
    """
    import json

    from muster.cli.broker_users import describe_users
    from muster.settings import Settings

    typer.echo(json.dumps(describe_users(Settings()), indent=2))


def asyncapi() -> None:
    """Print the AsyncAPI description of every event; docs/asyncapi.yaml holds it."""
    import yaml

    from muster.cli.asyncapi import describe
    from muster.cli.bootstrap import topology

    typer.echo(yaml.safe_dump(describe(topology()), sort_keys=False, allow_unicode=True), nl=False)


def metrics() -> None:
    """Print what every metric means; docs/metrics.md holds it."""
    from muster.observability.metrics_page import page

    typer.echo(page(), nl=False)


def ready(url: Annotated[str, typer.Argument(help="The /readyz of a process.")]) -> None:
    """Exit with 0 if a process is ready, else with 1 and the reason: a health check."""
    from muster.cli.readiness import why_not_ready

    if reason := why_not_ready(url):
        raise CannotRun(reason)
