"""Everything that can be done to it, one thing after the other under one load, on PostgreSQL."""

import pytest

from tests.faults.conftest import Ward
from tests.faults.faults import EVERY, Fault
from tests.faults.ordeal import undergo
from tests.faults.patient import Patient

pytestmark = [pytest.mark.faults, pytest.mark.broker, pytest.mark.postgres]

STORE = "postgresql"


@pytest.mark.parametrize("fault", EVERY, ids=str)
def test_it_serves_again_after(fault: Fault, patient: Patient) -> None:
    """Soon, by itself, whatever it was."""
    undergo(patient, fault)


@pytest.mark.timeout(600)
def test_of_all_that_was_accepted_nothing_is_lost_doubled_or_overbooked(
    patient: Patient, ward: Ward
) -> None:
    """Over all these faults together."""
    ward.discharge(patient).assert_nothing_lost()
