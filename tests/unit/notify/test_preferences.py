"""What an organisation may switch off."""

import pytest

from muster.access import Caller
from muster.contracts.vocabulary.kinds import Role
from muster.contracts.vocabulary.statuses import IncidentSeverity
from muster.storage.store import Store
from services.notify.domain.audience import CHECK_IN_MISSED, INCIDENT_REPORTED
from services.notify.domain.preferences import MailChoice, PreferenceRefused, Preferences
from services.notify.tables import notifications
from services.notify.use_cases.set_preferences import set_preferences
from tests.unit.notify.builders import (
    CONTEXT,
    ENTERPRISE,
    PROVIDER,
    check_in_missed,
    incident,
    offer_sent,
    request_cancelled,
    rows_of,
    store_of_notify,
    tell,
)

OFFER_SENT = "muster.matching.offer.sent.v1"
OFF, ON, EXTREME_ONLY = MailChoice.OFF, MailChoice.ON, MailChoice.EXTREME_ONLY


def choose(store: Store, caller: Caller, email: dict[str, MailChoice]) -> None:
    store.transact(CONTEXT, lambda work: set_preferences(work, caller, email))


def mailed(store: Store) -> list[str]:
    return [row.audience for row in rows_of(store, notifications)]


def test_what_is_switched_off_is_not_mailed_to_that_organisation_only() -> None:
    """Others still get theirs."""
    store = store_of_notify()
    choose(store, Caller("cli_1", Role.PROVIDER, PROVIDER), {OFFER_SENT: OFF})
    tell(store, offer_sent(), offer_sent(provider_id="org_other"), request_cancelled())
    assert mailed(store) == ["org_other", ENTERPRISE]


def test_a_later_choice_replaces_all_earlier_ones() -> None:
    """What is left out is on again."""
    chosen = Preferences(PROVIDER, {}).chosen({OFFER_SENT: OFF})
    again = chosen.chosen({})
    assert chosen.choice(OFFER_SENT) is OFF
    assert again.choice(OFFER_SENT) is ON
    assert again.version == chosen.version + 1


def test_missed_check_ins_cannot_be_switched_off_and_the_refusal_says_why() -> None:
    """Somebody must find out."""
    with pytest.raises(PreferenceRefused, match="may be in danger"):
        Preferences(PROVIDER, {}).chosen({CHECK_IN_MISSED: OFF})


def test_incidents_can_be_turned_down_but_not_off_and_the_refusal_says_how() -> None:
    """Those of severity extreme always come."""
    with pytest.raises(PreferenceRefused, match=r"lives at risk.*extreme_only"):
        Preferences(PROVIDER, {}).chosen({INCIDENT_REPORTED: OFF})


def test_extreme_incidents_and_missed_check_ins_come_whatever_was_chosen() -> None:
    """Even if a row in the database said otherwise."""
    store = store_of_notify()
    caller = Caller("cli_1", Role.ENTERPRISE, ENTERPRISE)
    choose(store, caller, {INCIDENT_REPORTED: EXTREME_ONLY})
    tell(store, incident(IncidentSeverity.SEVERE))
    assert ENTERPRISE not in mailed(store)
    tell(store, incident(IncidentSeverity.EXTREME), check_in_missed())
    assert mailed(store).count(ENTERPRISE) == 2


@pytest.mark.parametrize(
    ("event_type", "choice"),
    [("muster.dispatch.position.reported.v1", OFF), ("nonsense", ON), (OFFER_SENT, EXTREME_ONLY)],
)
def test_a_choice_that_means_nothing_is_refused(event_type: str, choice: MailChoice) -> None:
    """With what would mean something."""
    with pytest.raises(PreferenceRefused):
        Preferences(PROVIDER, {}).chosen({event_type: choice})
