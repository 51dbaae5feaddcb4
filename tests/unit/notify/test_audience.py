"""The table that says who sees what."""

import pytest

from muster.contracts.catalogue import EVENT_TYPES
from muster.contracts.event import Event
from muster.contracts.vocabulary.kinds import ContactPurpose, Role
from muster.contracts.vocabulary.statuses import JobStatus
from services.notify.domain.audience import AUDIENCE, OPERATORS, mailboxes, readers
from services.notify.use_cases.announce import occurrence_of
from services.notify.wording import wording
from tests.unit.notify.builders import (
    ENTERPRISE,
    PRINCIPAL,
    PROVIDER,
    check_in_missed,
    envelope_of,
    every_event,
    incident,
    job_status,
    offer_sent,
    request_confirmed,
)

OPERATIONS, EMERGENCY = ContactPurpose.OPERATIONS, ContactPurpose.EMERGENCY


def mailed(event: Event) -> set[tuple[str, ContactPurpose]]:
    return set(mailboxes(occurrence_of(envelope_of(event))))


def test_every_event_of_the_catalogue_has_an_entry() -> None:
    """A new event type cannot be forgotten here."""
    assert set(AUDIENCE) == set(EVENT_TYPES)


@pytest.mark.parametrize("event", every_event().values(), ids=lambda it: it.event_type)
def test_a_provider_never_sees_an_event_that_carries_the_principal(event: Event) -> None:
    """Whatever a provider may see says nothing of whom it protects."""
    seen = Role.PROVIDER in readers(occurrence_of(envelope_of(event)))
    assert not (seen and "principal" in type(event).model_fields)
    assert not (seen and PRINCIPAL.name in event.model_dump_json())


@pytest.mark.parametrize("event", every_event().values(), ids=lambda it: it.event_type)
def test_nobody_gets_an_email_about_what_it_may_not_see(event: Event) -> None:
    """An e-mail goes to operators, or to a reader of the event."""
    occurrence = occurrence_of(envelope_of(event))
    allowed = {OPERATORS, *readers(occurrence).values()}
    assert {audience for audience, _ in mailboxes(occurrence)} <= allowed


@pytest.mark.parametrize("event", every_event().values(), ids=lambda it: it.event_type)
def test_every_email_has_words_for_each_of_its_readers(event: Event) -> None:
    """Each template renders, says what to do, and never names the principal."""
    envelope = envelope_of(event)
    for audience, _ in mailboxes(occurrence_of(envelope)):
        title, body = wording().letter(envelope, audience)
        assert title
        assert "\n\n\n" not in body
        assert "What to do" in body or "othing to do" in body
        assert PRINCIPAL.name not in title + body


def test_an_offer_goes_to_the_provider_by_email_and_its_confirmation_to_the_enterprise() -> None:
    """Each side is written to where it must act or must know."""
    assert mailed(offer_sent()) == {(PROVIDER, OPERATIONS)}
    assert mailed(request_confirmed()) == {(ENTERPRISE, OPERATIONS)}


def test_the_enterprise_is_written_to_only_when_a_job_ends() -> None:
    """Steps on the way are for the live stream."""
    assert mailed(job_status(JobStatus.EN_ROUTE)) == set()
    for status in (JobStatus.COMPLETED, JobStatus.ABORTED, JobStatus.CANCELLED):
        assert mailed(job_status(status)) == {(ENTERPRISE, OPERATIONS)}


def test_operators_hear_of_missed_check_ins_from_the_second_in_a_row() -> None:
    """The first is for the two sides to clear up."""
    both = {(ENTERPRISE, EMERGENCY), (PROVIDER, EMERGENCY)}
    assert mailed(check_in_missed(1)) == both
    assert mailed(check_in_missed(2)) == both | {(OPERATORS, EMERGENCY)}


def test_an_incident_reaches_enterprise_and_operators_at_once() -> None:
    """Into the emergency mailbox."""
    assert mailed(incident()) == {(ENTERPRISE, EMERGENCY), (OPERATORS, EMERGENCY)}


def test_an_organisation_on_both_sides_sees_in_each_role_what_is_for_that_role() -> None:
    """A provider's client never learns the principal through its own organisation's requests."""
    event = request_confirmed().model_copy(update={"enterprise_id": PROVIDER})
    assert readers(occurrence_of(envelope_of(event))) == {Role.ENTERPRISE: PROVIDER}


def test_what_is_about_a_member_as_such_is_seen_in_both_roles() -> None:
    """Its papers are its own, whatever it does."""
    event = every_event()["muster.registry.authorisation.expired.v1"]
    seen = readers(occurrence_of(envelope_of(event)))
    assert seen == {Role.ENTERPRISE: PROVIDER, Role.PROVIDER: PROVIDER}
