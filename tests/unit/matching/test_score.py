"""The score: what makes a candidate better, by one formula for one and for many."""

from dataclasses import asdict, fields, replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.contracts.vocabulary.attributes import (
    GuardAttributes,
    GuardRequirement,
    MedicalAttributes,
    MedicalRequirement,
    Requirement,
    VehicleAttributes,
    VehicleRequirement,
)
from muster.contracts.vocabulary.kinds import (
    Armour,
    IcocaClass,
    MedicalLevel,
    MedicalTransport,
    PriceUnit,
)
from muster.contracts.vocabulary.values import Money, Place, Price, Window
from services.matching.domain.capability import Capability
from services.matching.domain.member import Member
from services.matching.domain.request import Request
from services.matching.engine.facts import facts_of
from services.matching.engine.policy import NEWCOMER, USUAL_WEIGHTS, Standing, Weights
from services.matching.engine.preferences import Wish, lacking, wishes
from services.matching.engine.score import Facts, Purse, badness_of, cost_of, score, weighted
from services.matching.engine.verdicts import Score
from tests.stores import START
from tests.unit.matching.cases import (
    CHAU_DOC,
    PHNOM_PENH,
    SIEM_REAP,
    SINGAPORE,
    a_case,
    a_licence,
    a_member,
    a_need,
    a_request,
    a_team,
    dollars,
    icoca,
)

KHMER = GuardRequirement("guards", languages=frozenset({"km"}))


def scored(
    team: Capability | None = None,
    *,
    member: Member | None = None,
    request: Request | None = None,
    record: Standing = NEWCOMER,
) -> Score:
    """Return the score of a candidate; nothing is special unless told otherwise."""
    case = a_case(team, member, request)
    need = case.need
    purse = Purse.of(case.request.terms.budget, need.quantity)
    asked = wishes(need.required, need.preferred)
    return score(facts_of(case, record, asked, purse.currency), purse, USUAL_WEIGHTS)


BETTER_AND_WORSE = {
    "who arrives sooner": (scored(), scored(a_team("alpha", base=SIEM_REAP))),
    "who has served well": (
        scored(record=Standing(0.9, 0)),
        scored(record=Standing(0.2, 0)),
    ),
    "who speaks the language": (
        scored(request=a_request(a_need(preferred=KHMER))),
        scored(
            a_team("alpha", attributes=GuardAttributes("guards")),
            request=a_request(a_need(preferred=KHMER)),
        ),
    ),
    "who is cheaper": (
        scored(a_team("alpha", price=dollars(100))),
        scored(a_team("alpha", price=dollars(101))),
    ),
    "who is certified": (
        scored(member=a_member("alpha", a_licence(), icoca(IcocaClass.CERTIFIED_MEMBER))),
        scored(member=a_member("alpha", a_licence(), icoca(IcocaClass.AFFILIATE))),
    ),
    "who has any standing": (
        scored(member=a_member("alpha", a_licence(), icoca(IcocaClass.AFFILIATE))),
        scored(),
    ),
    "who is at home": (
        scored(a_team("alpha", base=PHNOM_PENH)),
        scored(a_team("alpha", base=CHAU_DOC)),
    ),
    "who has had less": (scored(record=Standing(0.5, 0.1)), scored(record=Standing(0.5, 0.4))),
}


@pytest.mark.parametrize("who", BETTER_AND_WORSE)
def test_comes_before(who: str) -> None:
    """Other things being equal, this alone makes the score lower, which is better."""
    better, worse = BETTER_AND_WORSE[who]

    assert better.value < worse.value


def test_a_price_that_cannot_be_compared_counts_as_the_dearest() -> None:
    """An amount in dong is not set against one in dollars; it shows no value."""
    dong = scored(a_team("alpha", price=Price(Money(1, "VND"), PriceUnit.DAY)))

    assert (dong.components["price"].value, dong.components["price"].badness) == (None, 1.0)


def test_the_budget_says_which_currency_is_compared() -> None:
    """An enterprise that budgets in dong compares in dong."""
    request = a_request(budget=Money(10**9, "VND"))
    dong = Price(Money(100_000, "VND"), PriceUnit.DAY)

    home = scored(a_team("alpha", price=dong), request=request)
    foreign = scored(a_team("alpha", price=dollars(1)), request=request)

    assert home.components["price"].badness == pytest.approx(4 * 100_000 / 10**9)
    assert foreign.components["price"].badness == 1.0


def test_what_costs_more_than_the_budget_is_as_bad_as_can_be() -> None:
    """Four at 300 dollars out of 1,200 is all of it; out of less it is no worse."""
    all_of_it = scored(request=a_request(budget=Money(1200_00, "USD")))
    too_much = scored(request=a_request(budget=Money(100_00, "USD")))
    nothing = scored(request=a_request(budget=Money(0, "USD")))

    assert {s.components["price"].badness for s in (all_of_it, too_much, nothing)} == {1.0}


def test_a_score_says_what_it_is_made_of() -> None:
    """Each component shows what was seen, how bad that is, and its weight; they add up."""
    shown = scored(
        a_team("alpha", base=CHAU_DOC, lead_time_minutes=60),
        member=a_member("alpha", a_licence(), icoca(IcocaClass.MEMBER)),
        record=Standing(quality=0.8, share=0.25),
    )
    parts = shown.components
    hours = parts["arrival"].value or 0.0

    assert {name: part.value for name, part in parts.items() if name != "arrival"} == {
        "quality": 0.8,
        "language": 0.0,
        "price": 300_00,
        "standing": 2,
        "local": 0.5,
        "fairness": 0.25,
    }
    assert {name: part.badness for name, part in parts.items()} == pytest.approx(
        {
            "arrival": hours / (hours + 6),
            "quality": 0.2,
            "language": 0.0,
            "price": 300_00 / (300_00 + 10_000_00),
            "standing": 1 / 3,
            "local": 0.5,
            "fairness": 0.5,
        }
    )
    assert {name: part.weight for name, part in shown.components.items()} == asdict(USUAL_WEIGHTS)
    assert shown.value == pytest.approx(
        sum(part.badness * part.weight for part in shown.components.values())
    )


@pytest.mark.parametrize(("base", "value"), [(PHNOM_PENH, 0.0), (CHAU_DOC, 0.5), (SINGAPORE, 1.0)])
def test_host_country_resources_come_before_neighbours_and_others(
    base: Place, value: float
) -> None:
    """Nothing, a half, or all of the weight."""
    assert scored(a_team("alpha", base=base)).components["local"].badness == value


SHARES = st.floats(0, 1)
FACTS = st.builds(
    Facts[float],
    arrival_hours=st.floats(0, 1000),
    quality=SHARES,
    lacking=SHARES,
    unit_cost=st.floats(0, 1e9),
    comparable=st.booleans(),
    standing=st.sampled_from([0.0, 1.0, 2.0, 3.0]),
    locality=st.sampled_from([0.0, 0.5, 1.0]),
    share=st.floats(0, 5),
)


@given(st.lists(FACTS, min_size=1, max_size=6), st.none() | st.integers(0, 10**9))
def test_many_are_scored_as_each_alone(many: list[Facts[float]], budget: int | None) -> None:
    """One formula for numbers and arrays, to the last bit, and never out of bounds."""
    purse = Purse("USD", 3, None if budget is None else float(budget))
    columns = {f.name: np.array([getattr(each, f.name) for each in many]) for f in fields(Facts)}

    together = weighted(badness_of(Facts(**columns), purse), USUAL_WEIGHTS)

    assert together.tolist() == [score(each, purse, USUAL_WEIGHTS).value for each in many]
    assert all(0 <= value <= 1 + 1e-9 for value in together)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"arrival": 0.4}, "add up to 1.1"),
        ({"arrival": -0.1, "quality": 0.6}, "the weight of arrival is -0.1"),
        ({"arrival": float("nan")}, "the weight of arrival is nan"),
    ],
)
def test_weights_that_make_no_sense_are_refused(change: dict[str, float], said: str) -> None:
    """None below nothing, all together one."""
    with pytest.raises(ValueError, match=said):
        replace(USUAL_WEIGHTS, **change)


def test_weights_may_be_anything_that_adds_up() -> None:
    """Price alone, if somebody wants it so."""
    assert Weights(0, 0, 0, 1, 0, 0, 0).price == 1


@pytest.mark.parametrize(
    ("required", "preferred", "asked"),
    [
        (GuardRequirement("guards"), None, []),
        (GuardRequirement("guards"), GuardRequirement("guards"), []),
        (KHMER, GuardRequirement("guards", languages=frozenset({"km", "en"})), ["en"]),
        (GuardRequirement("guards"), GuardRequirement("guards", armed=True), [True]),
        (
            VehicleRequirement("vehicles", Armour.B4, seats=4),
            VehicleRequirement("vehicles", Armour.B6, seats=2),
            [Armour.B6],
        ),
        (
            MedicalRequirement("medical_rescue"),
            MedicalRequirement("medical_rescue", MedicalLevel.DOCTOR, MedicalTransport.AIR),
            [MedicalLevel.DOCTOR, MedicalTransport.AIR],
        ),
        (GuardRequirement("guards"), VehicleRequirement("vehicles"), []),
    ],
)
def test_only_what_goes_beyond_the_requirement_is_a_wish(
    required: Requirement, preferred: Requirement | None, asked: list[object]
) -> None:
    """What everybody has who comes into question tells nobody apart."""
    assert [wish.value for wish in wishes(required, preferred)] == asked


def test_the_share_of_wishes_not_granted_counts() -> None:
    """One of three: better armour it has, more seats too, but it does not swim."""
    asked = (Wish("armour", Armour.B4), Wish("seats", 6), Wish("environment", "sea"))

    assert lacking(asked, VehicleAttributes("vehicles", Armour.B6, 7)) == pytest.approx(1 / 3)
    assert lacking((), MedicalAttributes("medical_rescue", MedicalLevel.DOCTOR)) == 0


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
