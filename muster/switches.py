"""Switches that break Muster on purpose. Only a test may turn one: nothing starts with it else."""

from collections.abc import Mapping

TESTING = "MUSTER_TESTING"


def check_switches(turned: Mapping[str, object], *, testing: bool) -> None:
    """Raise ValueError if any of these settings is given and this is no test.

    `turned` has the value of each switch by the name of its environment variable; one that is
    off is None, False or empty.
    """
    given = sorted(name for name, value in turned.items() if value)
    if given and not testing:
        raise ValueError(
            f"{' and '.join(given)} would make Muster fail on purpose and must not be set. "
            f"Unset {'them' if len(given) > 1 else 'it'}; a test that means it sets {TESTING}=yes."
        )
