"""The options of `muster dead-letters`. Exit codes: 0 done; 1 not, or not all, with the reason;
2 asked in a way that makes no sense."""

from pathlib import Path
from typing import Annotated

import typer

from muster.cli.files import DEFAULT_DIRECTORY

app = typer.Typer(
    help="Messages that no worker could handle: look at them, put them back, throw them away.",
    no_args_is_help=True,
)

Directory = Annotated[Path, typer.Option(help="Of the Muster that `muster up` started.")]
AmqpUrl = Annotated[
    str | None,
    typer.Option(
        envvar="MUSTER_AMQP_URL",
        help="The RabbitMQ; {service} becomes the service whose letters are meant.",
    ),
]
Service = Annotated[str | None, typer.Option(help="Only letters of this service.")]
Queue = Annotated[str | None, typer.Option(help="Only letters of this work queue.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Ids = Annotated[list[str], typer.Argument(metavar="MESSAGE_ID…", help="As `list` shows them.")]


@app.command("list")
def list_(
    directory: Directory = DEFAULT_DIRECTORY,
    amqp_url: AmqpUrl = None,
    service: Service = None,
    queue: Queue = None,
    limit: Annotated[int, typer.Option(min=0, help="Rows for each queue.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show how many letters lie where, since when, and why. Takes nothing away."""
    from muster.cli.dead_letters.looking import list_letters
    from muster.cli.dead_letters.reach import Choice

    list_letters(Choice(directory, amqp_url, service, queue), limit, as_json)


@app.command()
def show(
    message_id: Annotated[str, typer.Argument(metavar="MESSAGE_ID", help="As `list` shows it.")],
    directory: Directory = DEFAULT_DIRECTORY,
    amqp_url: AmqpUrl = None,
    service: Service = None,
    queue: Queue = None,
    as_json: AsJson = False,
) -> None:
    """Show one letter in full: why it died, where it came from, the event. Takes nothing away."""
    from muster.cli.dead_letters.looking import show_letter
    from muster.cli.dead_letters.reach import Choice

    show_letter(Choice(directory, amqp_url, service, queue), message_id, as_json)


@app.command()
def replay(
    message_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[MESSAGE_ID…]", help="As `list` shows them.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All letters; of --service or --queue, if given.")
    ] = False,
    directory: Directory = DEFAULT_DIRECTORY,
    amqp_url: AmqpUrl = None,
    service: Service = None,
    queue: Queue = None,
    even_if_old: Annotated[
        bool, typer.Option(help="Even those whose earlier effect may have been forgotten.")
    ] = False,
) -> None:
    """Put letters back into their work queues. Safe: what took effect already has none again."""
    from muster.cli.dead_letters.reach import Choice
    from muster.cli.dead_letters.settling import replay_letters

    choice = Choice(directory, amqp_url, service, queue)
    replay_letters(choice, message_ids or [], everything, even_if_old)


@app.command()
def discard(
    message_ids: Ids,
    reason: Annotated[str, typer.Option(help="Why it may go; kept in the journal.")],
    directory: Directory = DEFAULT_DIRECTORY,
    amqp_url: AmqpUrl = None,
    service: Service = None,
    queue: Queue = None,
    journal: Annotated[
        Path | None,
        typer.Option(help="Where the trace is kept; discarded-dead-letters.jsonl in --directory."),
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who decided, if not the current user.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Throw letters away for good. Who, when, why and the whole message go into a journal first."""
    from muster.cli.dead_letters.journal import NAME, Journal, current_user
    from muster.cli.dead_letters.reach import Choice
    from muster.cli.dead_letters.settling import discard_letters

    discard_letters(
        Choice(directory, amqp_url, service, queue),
        message_ids,
        reason,
        by or current_user(),
        Journal(journal or directory / NAME),
        yes,
    )
