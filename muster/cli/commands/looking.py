"""Looking at a Muster: as it runs, and whether all is as it should be. Neither changes anything."""

from pathlib import Path
from typing import Annotated

import typer


def top(
    directory: Annotated[
        Path | None, typer.Option(help="Of a `muster up`; .muster.", show_default=False)
    ] = None,
    targets: Annotated[
        Path | None,
        typer.Option(
            envvar="MUSTER_TARGETS",
            help="Where processes are instead: a file as Prometheus' file_sd_configs read it.",
            dir_okay=False,
        ),
    ] = None,
    prometheus_url: Annotated[
        str | None,
        typer.Option(envvar="MUSTER_PROMETHEUS_URL", help="Whose alerts to show."),
    ] = None,
    interval: Annotated[
        float, typer.Option(min=0.5, max=3600, help="Seconds between two looks.")
    ] = 2.0,
    once: Annotated[
        bool, typer.Option("--once", help="Look once, print plain text, and end.")
    ] = False,
) -> None:
    """Watch it run: alerts, processes, queues, outboxes, requests, jobs, incidents. Ctrl-C ends."""
    from muster.cli.top.command import run_top

    run_top(directory, targets, prometheus_url, interval, once)


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
    management_url: Annotated[
        str | None,
        typer.Option(
            envvar="MUSTER_RABBITMQ_MANAGEMENT_URL",
            help="RabbitMQ's management page, http://user:password@host:15672: it tells bindings.",
        ),
    ] = None,
) -> None:
    """Look everything over, and say what to do about what is wrong. Changes nothing.

    Exit codes: 0 all is well, 1 there is something to mend, 2 it could not look.
    """
    from muster.cli.doctor.command import run_doctor

    raise typer.Exit(run_doctor(directory, environment, as_json, management_url))
