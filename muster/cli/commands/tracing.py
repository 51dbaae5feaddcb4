"""Where to find a journey among the traces."""

from typing import Annotated

import typer

from muster.observability.trace_context import journey_of


def trace(
    request_id: Annotated[str, typer.Argument(help="Such as req_019….", show_default=False)],
) -> None:
    """Print the trace id of a request's journey, to look for in the collector."""
    if not request_id.startswith("req_"):
        raise typer.BadParameter("a request's id begins with req_; nothing else has a journey")
    typer.echo(journey_of(request_id).trace_id)
