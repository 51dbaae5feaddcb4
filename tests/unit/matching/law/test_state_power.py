"""What asks for state power, and what only speaks of it."""

import pytest

from services.matching.engine.law.rules import RulePack
from services.matching.engine.law.state_power import refusals

REFUSED = [
    ("arrest", "Arrest the suspect at the gate."),
    ("arrest", "Please arrest him on arrival and hand him to us"),
    ("arrest", "ARREST\n   THE\tTHIEF"),
    ("arrest", "\uff21rrest the thief"),  # a full-width letter
    ("arrest", "ar\u200brest the thief"),  # a gap of no width
    ("arrest", "Do not hesitate to arrest anyone who resists."),
    ("arrest", "The team shall not only protect but arrest the attackers."),
    ("arrest", "He must not leave; detain him until Monday."),
    ("arrest", "Do not smoke on site\nDetain any intruder"),
    ("arrest", "- no weapons - arrest the driver"),
    ("arrest", "Call the police and arrest the intruder yourselves."),
    ("arrest", "Help the local police to arrest the ringleader."),
    ("arrest", "Together with the police arrest the ringleader"),
    ("arrest", "Your officers may arrest any trespasser."),
    ("arrest", "If you see her you may arrest her."),
    ("arrest", "Could you arrest the man who follows me?"),
    ("arrest", "We would like you to arrest the bookkeeper."),
    ("arrest", "The client wants you to detain the bookkeeper."),
    ("arrest", "We want to have him arrested on arrival."),
    ("arrest", "The bookkeeper is to be arrested at the airport."),
    ("arrest", "Trespassers must be detained."),
    ("arrest", "Make an arrest if necessary."),
    ("arrest", "Make a citizen\u2019s arrest."),
    ("arrest", "Take the driver into custody"),
    ("arrest", "Hold the two men in custody overnight."),
    ("arrest", "Capture the fugitive"),
    ("arrest", "Your task is to detain people"),
    ("arrest", "Task: arrest of a debtor"),
    ("arrest", "He fears nobody. Arrest him."),
    ("interrogation", "Interrogate the driver about the route."),
    ("interrogation", "Conduct an interrogation of the staff."),
    ("interrogation", "Then question the two suspects until they talk."),
    ("interrogation", "Extract a confession."),
    ("interrogation", "Make him confess."),
    ("interrogation", "Assist the police in interrogating the driver"),
    ("interrogation", "Objective: interrogation of the cook"),
    ("surveillance_of_persons", "Put the journalist under surveillance."),
    ("surveillance_of_persons", "Keep my wife and her lawyer under close 24/7 surveillance"),
    ("surveillance_of_persons", "Tail her from the hotel."),
    ("surveillance_of_persons", "tail the union's lawyer"),
    ("surveillance_of_persons", "We need surveillance of two former employees."),
    ("surveillance_of_persons", "Spy on our competitor."),
    ("surveillance_of_persons", "Tap his phone"),
    ("surveillance_of_persons", "Intercept their messages."),
    ("surveillance_of_persons", "Secretly film the protesters."),
    ("surveillance_of_persons", "Follow the new driver home without his knowledge."),
    ("repatriation", "Forcibly return the workers to Dhaka."),
    ("repatriation", "Bring the accountant back to Macao against his will."),
    ("repatriation", "Put her on the flight by force."),
    ("repatriation", "Take them home whether they like it or not."),
    ("repatriation", "Deport the migrants."),
    ("repatriation", "Repatriate the escaped fugitive"),
    ("repatriation", "Escort him back to Vientiane to stand trial."),
    ("repatriation", "Organise the deportation of twelve workers."),
    ("repatriation", "Force him onto the plane."),
]
ALLOWED = [
    "The client fears arrest on arrival.",
    "Protect her from being arrested by the militia.",
    "He was arrested last year and released.",
    "The police may arrest the principal: counsel is on call.",
    "If the police arrest the client, call counsel.",
    "Soldiers arrested him at the border.",
    "We fear that they will arrest the whole family.",
    "They might arrest the interpreter.",
    "His ex-husband threatens to detain her.",
    "A gang tried to seize the suspect vehicle's driver.",
    "Do not arrest or detain anyone: observe and report.",
    "Never detain any visitor.",
    "Guards cannot arrest anybody and should call the police.",
    "You mustn't handcuff anyone.",
    "Without attempting to arrest the intruder, call the police.",
    "Train the staff in fall arrest and in cardiac arrest care.",
    "Arrest the spread of the fire.",
    "An arrest warrant is out against our director; get legal advice.",
    "Escort the lawyer to the detention centre and back.",
    "Support families of detained journalists.",
    "The militia will interrogate the staff if they get in.",
    "The principal was interrogated for two days.",
    "Teach our staff how to resist interrogation.",
    "Question the driver about the route before departure.",
    "Answer any question of the family.",
    "She believes that she is under surveillance.",
    "Detect hostile surveillance of our staff.",
    "Conduct counter-surveillance on the route and a surveillance detection run.",
    "Put the compound under surveillance by camera.",
    "Keep the main gate and the fence under surveillance.",
    "A stalker follows her and may put the children under surveillance.",
    "Protect her against surveillance of her employees by rivals.",
    "A tail car follows the convoy; check that nobody tails us.",
    "Sweep the office for bugs in his phone.",
    "Covertly follow the principal as protection.",
    "Monitor the news and the route.",
    "Medical repatriation of the injured to Singapore.",
    "We need repatriation insurance for our staff.",
    "Repatriate our staff and their families to Hong Kong.",
    "Repatriate the remains of our colleague.",
    "Repatriate the injured worker as soon as he may fly.",
    "Bring the family back to Macao by air.",
    "Bring the documents back against receipt.",
    "They want to take her back to the village against her will: protect her.",
    "Traffickers may bring the girls back by force.",
    "He fears forced return and deportation.",
    "Guard the embassy during deportation hearings.",
    "Return to base by forced march is not planned.",
    "Protect the witness on the way to court.",
    "",
]


@pytest.mark.parametrize(("task", "text"), REFUSED, ids=[text for _, text in REFUSED])
def test_an_order_for_state_power_is_refused(pack: RulePack, task: str, text: str) -> None:
    """The words are quoted, the task is named, and the reason says what to ask for instead."""
    found = refusals(pack, frozenset(), {"principal.instructions": text})

    assert [(r.field, r.task) for r in found] == [("principal.instructions", task)]
    assert found[0].words
    assert "instead" in found[0].reason


@pytest.mark.parametrize("text", ALLOWED)
def test_speaking_of_state_power_is_not_asking_for_it(pack: RulePack, text: str) -> None:
    """Fears, bans, reports, acts of others, and words that only sound alike."""
    assert refusals(pack, frozenset(), {"principal.instructions": text}) == ()


@pytest.mark.parametrize(
    ("slug", "task"),
    [
        ("arrest", "arrest"),
        ("arrest_suspects", "arrest"),
        ("detain_intruders", "arrest"),
        ("interrogation", "interrogation"),
        ("interrogate", "interrogation"),
        ("surveillance", "surveillance_of_persons"),
        ("surveillance_of_persons", "surveillance_of_persons"),
        ("wiretapping", "surveillance_of_persons"),
        ("repatriation", "repatriation"),
        ("forced_return", "repatriation"),
        ("deportation_escort", "repatriation"),
        ("close_protection", None),
        ("site_surveillance", None),
        ("surveillance_detection", None),
        ("counter_surveillance", None),
        ("cardiac_arrest_care", None),
        ("fall_arrest", None),
        ("resistance_to_interrogation", None),
        ("medical_repatriation", None),
    ],
)
def test_a_task_or_skill_is_known_by_its_name(pack: RulePack, slug: str, task: str | None) -> None:
    """Whole names only: what a word is part of may be lawful."""
    found = refusals(pack, frozenset({slug, "first_aid"}), {}, slug_field="needs.0.required.skills")

    assert [(r.field, r.task, r.words) for r in found] == (
        [("needs.0.required.skills", task, slug)] if task else []
    )


def test_everything_that_is_wrong_is_told_at_once(pack: RulePack) -> None:
    """Names first, then each text, each task once for each."""
    found = refusals(
        pack,
        frozenset({"interrogation", "arrest"}),
        {"reference": "Tail her", "principal.instructions": "Detain him. Detain her. Spy on them."},
    )

    assert [(r.field, r.task) for r in found] == [
        ("tasks", "arrest"),
        ("tasks", "interrogation"),
        ("reference", "surveillance_of_persons"),
        ("principal.instructions", "arrest"),
        ("principal.instructions", "surveillance_of_persons"),
    ]


def test_a_text_of_the_greatest_length_is_read_at_once(pack: RulePack) -> None:
    """No choice of words makes the search slow: it takes a moment at most."""
    from time import process_time

    worst = [
        "put the " * 500,
        "bring " + "him back " * 440,
        "not " * 1000,
        "surveillance of the " * 200,
        "help police to in with make " * 140,
        "a" * 4000,
    ]
    before = process_time()
    for text in worst:
        refusals(pack, frozenset(), {"principal.instructions": text[:4000]})
    assert process_time() - before < 2
