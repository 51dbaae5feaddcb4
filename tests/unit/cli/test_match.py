"""`muster match`: what becomes of scenarios, and that the same one always comes to the same."""

import copy
import random
from datetime import datetime

import pytest

from muster.cli.match.result import Fate, NeedResult
from services.matching.engine.verdicts import Choice, Ruling, Wave
from tests.unit.cli.scenarios import (
    Json,
    exercise,
    exercise_names,
    matched,
    named,
    need_in,
    request_in,
    served_by,
)


def latest(need: NeedResult) -> datetime:
    """Return when the last of those who serve arrives."""
    return max(each.arrives_at for each in need.allocated if each.arrives_at)


def test_a_batch_is_filled_where_first_come_first_served_leaves_one_out() -> None:
    """All three visits are served at once; one after the other, the second finds nobody."""
    batch = exercise("batch.json")
    result = matched(batch)
    assert {each.fate for each in result.requests} == {Fate.FILLED}
    assert served_by(result, "plant.1") == {"harimau-team": 4}

    first = matched({**batch, "requests": [named(batch, "requests", "board")]})
    assert served_by(first, "board.1") == {"harimau-team": 4}
    taken = {
        "capability_id": "harimau-team",
        "quantity": 4,
        "window": named(batch, "requests", "board")["window"],
        "status": "held",
    }
    later = [each for each in batch["requests"] if each["id"] != "board"]
    second = matched({**batch, "requests": later, "bookings": [taken]})
    assert request_in(second, "plant").fate is Fate.WAITING
    assert need_in(second, "plant.1").missing == 4

    taken["status"] = "confirmed"
    third = matched({**batch, "requests": later, "bookings": [taken]})
    assert request_in(third, "plant").fate is Fate.UNFILLED


def test_two_windows_that_do_not_overlap_use_the_same_cars() -> None:
    """The cars of the board meeting go to the fair when it begins."""
    result = matched(exercise("batch.json"))
    assert served_by(result, "board.2") == served_by(result, "fair.1") == {"klang-cars": 2}


def test_in_an_emergency_neighbours_add_what_the_host_country_lacks() -> None:
    """The nearer team is taken whole, the rest comes over the border, nobody from further."""
    result = matched(exercise("emergency.json"))
    medics = need_in(result, "accident.1")
    waves = {each.capability_id: each.wave for each in medics.allocated}
    assert waves == {"vientiane-medics": Wave.HOST, "hue-medics": Wave.NEIGHBOURS}
    assert medics.missing == 0


def test_what_the_rules_leave_open_is_a_question_for_operators() -> None:
    """The request waits for the answer, and the question says which rule asks."""
    request = request_in(matched(exercise("emergency.json")), "accident")
    assert request.fate is Fate.REVIEW
    (question,) = request.questions
    assert (question.provider_id, question.country) == ("mekong-watch", "LA")
    assert [finding.rule for finding in question.findings] == ["la.licence"]


def test_a_decision_opens_the_way() -> None:
    """It answers the rules the scenario raises, and the result says which."""
    result = matched(exercise("emergency-decided.json"))
    assert request_in(result, "accident").fate is Fate.FILLED
    assert served_by(result, "accident.3") == {"mekong-guards": 6}
    assert [decision.rules for decision in result.decisions] == [("la.licence",)]


def test_a_refusal_closes_it() -> None:
    """Nobody else guards there, so nothing lawful is left."""
    decided = exercise("emergency-decided.json")
    decided["decisions"][0]["decision"] = "refused"
    request = request_in(matched(decided), "accident")
    assert request.fate is Fate.UNFILLED
    assert not request.questions


def test_a_decision_about_one_rule_leaves_others_open() -> None:
    """The result says that it answered nothing."""
    decided = exercise("emergency-decided.json")
    decided["decisions"][0]["rules"] = ["kh.licence"]
    result = matched(decided)
    assert request_in(result, "accident").fate is Fate.REVIEW
    assert result.decisions[0].rules == ()


def test_nobody_serves_armed_without_a_record_of_the_host_state() -> None:
    """With it the lawful one serves, but not the one whose policy leaves arms out."""
    without = matched(exercise("armed-without-record.json"))
    assert request_in(without, "survey").fate is Fate.UNFILLED
    assert need_in(without, "survey.1").reasons["alliance.armed.host_protection"] > 0
    with_record = matched(exercise("armed-with-record.json"))
    assert served_by(with_record, "survey.1") == {"borneo-team": 4}
    request = request_in(with_record, "survey")
    assert request.explanation is not None
    (need,) = request.explanation.rounds[0].needs
    other = next(each for each in need.considered if each.capability == "kinabalu-team")
    failed = [each.rule for each in other.verdicts if each.ruling is Ruling.FAILED]
    assert (other.choice, failed) == (Choice.BARRED, ["alliance.armed.cover"])


def test_state_power_is_refused_and_the_rest_goes_on() -> None:
    """The refusal names the field and the reason, as at submission."""
    result = matched(exercise("state-power.json"))
    refused = request_in(result, "watch-staff")
    assert refused.fate is Fate.REFUSED
    assert refused.refusal is not None
    assert refused.refusal.field == "tasks"
    assert "surveillance_of_persons" in refused.refusal.problem
    assert request_in(result, "watch-office").fate is Fate.FILLED


def test_a_request_whose_window_has_passed_is_refused() -> None:
    """So is, at submission, one that asks only for what is optional."""
    batch = exercise("batch.json")
    batch["now"] = "2027-03-12T21:00:00+08:00"
    assert matched(batch).totals[Fate.REFUSED] == 3


def test_a_suspended_member_is_replaced_by_the_next() -> None:
    """Help from further away takes its place, later."""
    decided = exercise("emergency-decided.json")
    before = need_in(matched(decided), "accident.1")
    named(decided, "organisations", "hue-medical")["status"] = "suspended"
    result = matched(decided)
    assert served_by(result, "accident.1") == {"straits-medics": 1, "vientiane-medics": 1}
    assert latest(need_in(result, "accident.1")) > latest(before)


def test_weights_decide_between_near_and_cheap() -> None:
    """They are told in the result, where the difference has to be found."""
    decided = exercise("emergency-decided.json")
    assert served_by(matched(decided), "accident.2") == {"savan-cars": 2}
    decided["settings"] = {"weights": {"arrival": 0.05, "price": 0.4}}
    result = matched(decided)
    assert served_by(result, "accident.2") == {"vientiane-cars": 2}
    assert (result.weights["arrival"], result.weights["price"]) == (0.05, 0.4)


def test_who_refused_is_not_asked_again() -> None:
    """A planner tries what happens when somebody declines."""
    decided = exercise("emergency-decided.json")
    decided["requests"][0]["refused_by"] = ["savan-cars"]
    assert served_by(matched(decided), "accident.2") == {"vientiane-cars": 2}


def test_standing_and_margin_are_taken_into_account() -> None:
    """A known record moves the score; a margin longer than a paper's life bars its holder."""
    decided = exercise("emergency-decided.json")
    plain = need_in(matched(decided), "accident.2").allocated[0]
    savan = named(decided, "organisations", "savan-transport")
    savan["standing"] = {"quality": 1.0}
    better = need_in(matched(decided), "accident.2").allocated[0]
    assert plain.score is not None
    assert better.score is not None
    assert better.score < plain.score
    savan["authorisations"][0]["valid"]["ends_at"] = "2027-05-14T00:00:00+07:00"
    decided["settings"] = {"margin_hours": 48}
    assert served_by(matched(decided), "accident.2") == {"vientiane-cars": 2}


def test_travel_is_a_setting() -> None:
    """On slower roads the cars from the capital arrive later."""
    decided = exercise("emergency-decided.json")
    decided["requests"][0]["refused_by"] = ["savan-cars"]
    before = latest(need_in(matched(decided), "accident.2"))
    decided["settings"] = {"travel": {"road_speed_kmh": 25}}
    assert latest(need_in(matched(decided), "accident.2")) > before


@pytest.mark.parametrize("name", exercise_names())
def test_the_same_scenario_comes_to_the_same_result(name: str) -> None:
    """Byte by byte, and whatever the order in which the file lists members and capabilities."""
    document = exercise(name)
    first = matched(document).model_dump_json()
    assert matched(document).model_dump_json() == first
    shuffled = dict(document)
    for part in ("organisations", "capabilities"):
        shuffled[part] = random.Random(7).sample(document[part], len(document[part]))
    assert matched(shuffled).model_dump_json() == first


def test_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scenario means the same on a machine where the service is set up otherwise."""
    batch = exercise("batch.json")
    before = matched(batch)
    monkeypatch.setenv("MUSTER_WEIGHT_ARRIVAL", "0.9")
    monkeypatch.setenv("MUSTER_VALIDITY_MARGIN_HOURS", "900")
    assert matched(batch) == before


def test_the_explanation_is_what_the_api_tells_an_operator() -> None:
    """Rules with facts, names and scores, the pack and the weights by which it was judged."""
    result = matched(exercise("batch.json"))
    explanation = request_in(result, "board").explanation
    assert explanation is not None
    (round_,) = explanation.rounds
    assert (round_.rule_pack, round_.weights) == (result.rule_pack, result.weights)
    chosen = next(each for each in round_.needs[0].considered if each.choice is Choice.CHOSEN)
    assert chosen.provider == "klang-escort"
    assert all(verdict.fact for verdict in chosen.verdicts)
    better_used = round_.needs[0].considered
    assert {each.choice for each in better_used} == {Choice.CHOSEN, Choice.BETTER_USED}


def crowded(batch: Json, copies: int) -> Json:
    """Return the document with each provider and its capabilities so many times, ever dearer."""
    providers = [each for each in batch["organisations"] if "provider" in each["roles"]]
    twins = [
        {**each, "id": f"{each['id']}-{number}"} for number in range(copies) for each in providers
    ]
    capabilities = [
        twin_of(each, number) for number in range(copies) for each in batch["capabilities"]
    ]
    organisations = [*batch["organisations"], *twins]
    return {**batch, "organisations": organisations, "capabilities": capabilities}


def twin_of(capability: Json, number: int) -> Json:
    """Return the same capability in other hands, a little dearer."""
    twin = copy.deepcopy(capability)
    twin["id"] = f"{capability['id']}-{number}"
    twin["provider_id"] = f"{capability['provider_id']}-{number}"
    twin["price"]["amount"]["minor_units"] += 100 * (number + 1)
    return twin


def test_a_crowd_is_searched_by_the_index() -> None:
    """Only the best are looked at closely and listed; the others are counted, and none is lost."""
    result = matched(crowded(exercise("batch.json"), copies=120))
    assert {each.fate for each in result.requests} == {Fate.FILLED}
    assert served_by(result, "plant.1") == {"harimau-team-0": 4}
    explanation = request_in(result, "plant").explanation
    assert explanation is not None
    (need,) = explanation.rounds[0].needs
    assert len(need.considered) <= 100
    assert len(need.considered) + sum(need.beyond.values()) == 240
