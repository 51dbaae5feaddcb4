"""How the registry's rules refuse what they were told."""

from muster.contracts.vocabulary.errors import DomainError


class InputRefused(DomainError):
    """One named part of what was told breaks a rule; `allowed` says what it may be."""

    def __init__(self, field: str, problem: str, allowed: str) -> None:
        super().__init__(f"`{field}` {problem}. Allowed: {allowed}.")
        self.field = field
        self.problem = problem
        self.allowed = allowed
