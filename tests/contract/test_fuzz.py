"""Whatever comes in, the application answers: never 500, and every error is a problem document."""

from tests.contract.barrage import withstand


def test_no_input_breaks_the_application() -> None:
    """Made up from its own OpenAPI document, over SQLite."""
    withstand("sqlite://", attempts=600, seed=2026)
