"""The score: nearer first, then cheaper."""

from datetime import timedelta

import pytest

from muster.contracts.vocabulary.kinds import PriceUnit
from muster.contracts.vocabulary.values import Money, Place, Position, Price, Window
from services.matching.engine.score import cost_of, score
from tests.stores import START
from tests.unit.matching.builders import PHNOM_PENH, SIEM_REAP, capability_changed, dollars
from tests.unit.matching.cases import a_case, a_request

NEXT_DOOR = Place("KH", Position(11.5605, 104.92), "Next door")


def test_a_kilometre_outweighs_any_price() -> None:
    """Whoever is nearer comes first, however dear."""
    near = score(a_case(capability_changed("alpha", price=dollars(10**9))))
    far = score(a_case(capability_changed("alpha", base=SIEM_REAP, price=dollars(0))))

    assert near.value < far.value


def test_at_the_same_distance_the_cheaper_comes_first() -> None:
    """Less than a kilometre is the same distance."""
    dear = score(a_case(capability_changed("alpha", base=PHNOM_PENH, price=dollars(400))))
    cheap = score(a_case(capability_changed("alpha", base=NEXT_DOOR, price=dollars(399))))

    assert cheap.value < dear.value


def test_a_price_that_cannot_be_compared_counts_as_the_dearest() -> None:
    """An amount in dong is not set against one in dollars."""
    dong = Price(Money(1, "VND"), PriceUnit.DAY)
    foreign = score(a_case(capability_changed("alpha", price=dong)))
    dear = score(a_case(capability_changed("alpha", price=dollars(10**9))))

    assert dear.value < foreign.value


def test_the_budget_says_which_currency_is_compared() -> None:
    """An enterprise that budgets in dong compares in dong."""
    request = a_request(budget=Money(10**9, "VND"))
    dong = Price(Money(100_000, "VND"), PriceUnit.DAY)

    home = score(a_case(capability_changed("alpha", price=dong), request=request))
    foreign = score(a_case(capability_changed("alpha", price=dollars(1)), request=request))

    assert home.value < foreign.value


def test_the_number_says_what_it_is_made_of() -> None:
    """Distance in kilometres, and the cost of one unit for the window."""
    components = score(a_case(capability_changed("alpha", base=SIEM_REAP))).components

    assert components["distance_km"] == pytest.approx(231, abs=2)
    assert components["cost_minor_units"] == 300_00


@pytest.mark.parametrize(
    ("per", "hours", "cost"),
    [
        (PriceUnit.HOUR, 12, 1200),
        (PriceUnit.HOUR, 12.5, 1300),
        (PriceUnit.DAY, 12, 100),
        (PriceUnit.DAY, 25, 200),
        (PriceUnit.JOB, 500, 100),
    ],
)
def test_a_begun_unit_of_time_is_paid_whole(per: PriceUnit, hours: float, cost: int) -> None:
    """Hours and days are rounded up; a job costs the same however long it is."""
    window = Window(START, START + timedelta(hours=hours))

    assert cost_of(Price(Money(100, "USD"), per), window) == cost
