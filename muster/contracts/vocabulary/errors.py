"""The errors a rule may raise. Whoever catches one at an edge turns it into an answer."""

from collections.abc import Iterable


class MusterError(Exception):
    """Root of every error Muster raises on purpose."""


class DomainError(MusterError):
    """A rule of the business refused what was asked; asking again unchanged will not help."""


class InputRefused(DomainError):
    """One named part of what was told breaks a rule; `allowed`, if given, says what it may be."""

    def __init__(self, field: str, problem: str, allowed: str = "") -> None:
        sentence = f"`{field}` {problem}. Allowed: {allowed}." if allowed else f"{field}: {problem}"
        super().__init__(sentence)
        self.field = field
        self.problem = problem
        self.allowed = allowed


class NotFound(DomainError):
    """There is no such thing, or the caller may not know that there is."""

    def __init__(self, thing: str, identifier: str) -> None:
        super().__init__(f"There is no {thing} {identifier!r} that you may see.")
        self.thing = thing
        self.identifier = identifier


class Forbidden(DomainError):
    """The caller is known but may not do this."""


class Conflict(DomainError):
    """What was asked does not fit the present state."""


class IllegalTransition(Conflict):
    """The lifecycle does not allow this step."""

    def __init__(self, thing: str, current: str, wanted: str, allowed: Iterable[str]) -> None:
        self.thing = thing
        self.current = current
        self.wanted = wanted
        self.allowed = tuple(sorted(allowed))
        options = ", ".join(self.allowed) or "none: this state is final"
        super().__init__(
            f"A {thing} that is {current} cannot become {wanted}. Allowed from here: {options}."
        )


class TransientError(MusterError):
    """Something outside failed in a way that may pass; try again later."""


class PermanentError(MusterError):
    """This will fail however often it is tried."""
