"""Whether the parts of a scenario fit together: every name it uses is one that it explains.

This reads the document as it came, so that mistakes of form and of reference show together.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any

from muster.cli.match.mistakes import Mistake, Path
from muster.contracts.vocabulary.kinds import Role

_NAMED_AT_MOST = 12
_MATTER = ("provider_id", "country", "kind", "armed")


def misfits(document: Any) -> Iterator[Mistake]:
    """Yield every name that stands for nothing, for two things, or for the wrong one."""
    for name in ("organisations", "capabilities", "requests"):
        yield from _repeated(document, name)
    members = frozenset(_ids(document, "organisations"))
    capabilities = frozenset(_ids(document, "capabilities"))
    for place, fields in _uses_of_members(document):
        yield from _unknown(place, fields, members, "an organisation")
    for place, fields in _uses_of_capabilities(document):
        yield from _unknown(place, fields, capabilities, "a capability")
    yield from _wrong_roles(document)
    yield from _conflicts_with_itself(document)
    yield from _decided_twice(document)


def _uses_of_members(document: Any) -> Iterator[tuple[Path, Any]]:
    yield from _fields(document, "organisations", "conflicts")
    yield from _fields(document, "capabilities", "provider_id")
    yield from _fields(document, "requests", "enterprise_id")
    yield from _fields(document, "requests", "excluded_providers")
    yield from _fields(document, "decisions", "provider_id")


def _uses_of_capabilities(document: Any) -> Iterator[tuple[Path, Any]]:
    yield from _fields(document, "requests", "refused_by")
    yield from _fields(document, "bookings", "capability_id")


def _fields(document: Any, part: str, field: str) -> Iterator[tuple[Path, Any]]:
    """Yield where a field stands that names one thing, or each place in a list of names."""
    for index, each in _entries(document, part):
        value = each.get(field)
        if isinstance(value, list):
            yield from (((part, index, field, at), name) for at, name in enumerate(value))
        else:
            yield (part, index, field), value


def _entries(document: Any, part: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield what has the form of an entry; the rest is a mistake of form, told elsewhere."""
    listed = document.get(part) if isinstance(document, dict) else None
    for index, each in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(each, dict):
            yield index, each


def _ids(document: Any, part: str) -> Sequence[str]:
    ids = (each.get("id") for _, each in _entries(document, part))
    return [identifier for identifier in ids if isinstance(identifier, str)]


def _repeated(document: Any, part: str) -> Iterator[Mistake]:
    often = Counter(_ids(document, part))
    for index, each in _entries(document, part):
        if isinstance(identifier := each.get("id"), str) and often[identifier] > 1:
            problem = f"{identifier!r} names {often[identifier]} of the {part}"
            yield Mistake((part, index, "id"), problem, "an id of its own for each")


def _unknown(place: Path, name: Any, known: Set[str], thing: str) -> Iterator[Mistake]:
    if isinstance(name, str) and name not in known:
        yield Mistake(place, f"{name!r} is not the id of {thing} of this scenario", _listed(known))


def _listed(names: Set[str]) -> str:
    shown = ", ".join(sorted(names)[:_NAMED_AT_MOST]) or "none: there is none"
    beyond = len(names) - _NAMED_AT_MOST
    return f"{shown} and {beyond} more" if beyond > 0 else shown


def _wrong_roles(document: Any) -> Iterator[Mistake]:
    roles = {
        each["id"]: each["roles"]
        for _, each in _entries(document, "organisations")
        if isinstance(each.get("id"), str) and isinstance(each.get("roles"), list)
    }
    for part, field, role in (
        ("capabilities", "provider_id", Role.PROVIDER),
        ("requests", "enterprise_id", Role.ENTERPRISE),
    ):
        able = {name for name, known in roles.items() if role in known}
        for place, name in _fields(document, part, field):
            if isinstance(name, str) and name in roles and name not in able:
                yield Mistake(place, f"{name!r} does not have the role {role}", _listed(able))


def _conflicts_with_itself(document: Any) -> Iterator[Mistake]:
    for index, each in _entries(document, "organisations"):
        conflicts = each.get("conflicts")
        if isinstance(conflicts, list) and each.get("id") in conflicts:
            place = ("organisations", index, "conflicts", conflicts.index(each["id"]))
            yield Mistake(place, "names the organisation itself", "ids of others")


def _decided_twice(document: Any) -> Iterator[Mistake]:
    matters = [(index, _matter(each)) for index, each in _entries(document, "decisions")]
    often = Counter(matter for _, matter in matters)
    for index, matter in matters:
        if often[matter] > 1:
            yield Mistake(
                ("decisions", index),
                "the same matter is decided more than once",
                f"one decision for each {', '.join(_MATTER)}",
            )


def _matter(decision: dict[str, Any]) -> Iterable[str]:
    return tuple(str(decision.get(name, False)) for name in _MATTER)
