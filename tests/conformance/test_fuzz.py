"""PostgreSQL refuses other things than SQLite; no input finds one that was not refused before."""

import pytest

from muster.contracts.catalogue import OWNERS
from tests.contract.barrage import withstand
from tests.servers.postgres import Cluster


@pytest.mark.postgres
def test_no_input_breaks_the_application_over_postgresql(postgres: Cluster) -> None:
    """Integers out of range, characters no text may hold, times off the calendar."""
    withstand(postgres.fresh_databases(OWNERS), attempts=600, seed=2027)
