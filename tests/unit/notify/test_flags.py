"""Who is told what of a committed provider that no longer passes the rules."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from muster.access import Caller
from muster.contracts.vocabulary.kinds import ContactPurpose, Role
from muster.storage.store import Store
from services.notify.channels.stream import Hub
from services.notify.domain.audience import OPERATORS, mailboxes, readers
from services.notify.use_cases.announce import occurrence_of
from services.notify.wording import wording
from tests.unit.notify.builders import (
    ENTERPRISE,
    FACT,
    PROVIDER,
    assignment_flagged,
    envelope_of,
    every_event,
    store_of_notify,
    tell,
)
from tests.unit.notify.desk import OF_ENTERPRISE, OF_PROVIDER, OPERATOR
from tests.unit.notify.posting import posts_of, register

SIDES = {Role.ENTERPRISE: ENTERPRISE, Role.PROVIDER: PROVIDER}


def test_operators_get_it_at_once_and_both_sides_are_told() -> None:
    """Into the operators' emergency mailbox: people may be in the field unlawfully."""
    assert set(mailboxes(occurrence_of(envelope_of(assignment_flagged())))) == {
        (OPERATORS, ContactPurpose.EMERGENCY),
        (ENTERPRISE, ContactPurpose.OPERATIONS),
        (PROVIDER, ContactPurpose.OPERATIONS),
    }


@pytest.mark.parametrize(
    ("audience", "knows"), [(OPERATORS, True), (PROVIDER, True), (ENTERPRISE, False)]
)
def test_each_letter_names_the_rule_but_the_enterprise_does_not_learn_the_fact(
    audience: str, knows: bool
) -> None:
    """What was found about a member is its own affair, and the operators'."""
    title, body = wording().letter(envelope_of(assignment_flagged()), audience)
    assert "alliance.licence" in body
    assert "a verified licence" in body
    assert (FACT in title + body) is knows


@pytest.mark.parametrize("caller", [OPERATOR, OF_PROVIDER, OF_ENTERPRISE])
def test_a_webhook_of_the_enterprise_leaves_the_fact_out(caller: Caller) -> None:
    """And everything else in."""
    store = store_of_notify()
    register(store, "https://there.example/in", caller)
    tell(store, assignment_flagged())
    (post,) = posts_of(store)
    (finding,) = json.loads(post.body)["data"]["findings"]
    known = {"rule": "alliance.licence", "wanted": "a verified licence"}
    assert finding == (known if caller.role is Role.ENTERPRISE else known | {"fact": FACT})


@pytest.mark.parametrize("role", SIDES)
def test_the_live_stream_of_the_enterprise_leaves_the_fact_out(
    shared_store: Store, role: Role
) -> None:
    """For those who listen as for those who come back."""

    async def read(events: AsyncIterator[bytes]) -> str:
        return b"".join([chunk async for chunk in events]).decode()

    async def run() -> tuple[str, str]:
        hub = Hub(shared_store)
        live = await hub.join((role, str(SIDES[role])))
        await asyncio.to_thread(tell, shared_store, assignment_flagged())
        at_once = await read(hub.events(live, None, lasting=0.5))
        again = await hub.join((role, str(SIDES[role])))
        return at_once, await read(hub.events(again, 0, lasting=0.1))

    for text in asyncio.run(run()):
        assert "alliance.licence" in text
        assert (FACT in text) is (role is Role.PROVIDER)


@pytest.mark.parametrize("noun", ["review.opened", "review.decided", "rule_pack.adopted"])
def test_what_operators_decide_among_themselves_is_for_nobody_else(noun: str) -> None:
    """A review names what is open against a member, and that somebody looks for it."""
    event = every_event()[f"muster.matching.{noun}.v1"]
    assert readers(occurrence_of(envelope_of(event))) == {}
