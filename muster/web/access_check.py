"""Deny by default: an application with a route that nobody decided about does not start."""

from collections.abc import Iterator, Sequence

from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute

from muster.web.edge import Gate

GUARDED = ("/v1", "/oauth")

# The only routes anybody may call without a token. A route opens itself up by
# command_in(service, None) or query_in(service, None); it must also stand here.
PUBLIC = frozenset({("POST", "/v1/organisations"), ("POST", "/oauth/token")})


class UndeclaredRoute(RuntimeError):
    """A route does not say who may call it, or opens itself up without being on the list."""


def refuse_undeclared(routes: Sequence[BaseRoute]) -> None:
    """Pass silently if every guarded route names its permission, or raise UndeclaredRoute."""
    for context in iter_route_contexts(routes):
        path = context.path or ""
        if not path.startswith(GUARDED):
            continue
        gate = gate_of(getattr(context, "dependant", None))
        name = f"{'/'.join(sorted(context.methods or {'ANY'}))} {path}"
        if gate is None:
            raise UndeclaredRoute(
                f"{name} does not say who may call it; add command_in(…) or query_in(…) to it."
            )
        if gate.permission is None and not _is_public(context.methods, path):
            raise UndeclaredRoute(
                f"{name} asks for no permission but is not on the list of public routes; "
                f"name a permission, or add it to PUBLIC in {__name__}."
            )


def gate_of(dependant: Dependant | None) -> Gate | None:
    """Return the gate among the dependencies of a route, or None."""
    return next((call for call in _calls(dependant) if isinstance(call, Gate)), None)


def _calls(dependant: Dependant | None) -> Iterator[object]:
    if dependant is not None:
        yield dependant.call
        for inner in dependant.dependencies:
            yield from _calls(inner)


def _is_public(methods: set[str] | None, path: str) -> bool:
    return bool(methods) and all((method, path) in PUBLIC for method in methods or ())
