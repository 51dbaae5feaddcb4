"""Choose what comes by e-mail."""

from collections.abc import Mapping

import orjson

from muster.access import Caller
from muster.storage.bulk import add_rows
from muster.storage.unit_of_work import UnitOfWork
from services.notify.domain.audience import OPERATORS
from services.notify.domain.preferences import MailChoice, Preferences
from services.notify.tables import PREFERENCES, preferences


def set_preferences(
    work: UnitOfWork, caller: Caller, email: Mapping[str, MailChoice]
) -> Preferences:
    """Replace all choices of the caller's organisation; raise PreferenceRefused."""
    audience = caller.organisation_id or OPERATORS
    nothing_chosen = {"audience": audience, "version": 1, "document": _nothing(audience)}
    # So that there is a row to lock.
    add_rows(work.connection, preferences, [nothing_chosen], unless_there=True)
    chosen = PREFERENCES.get(work.connection, audience, lock=True).chosen(email)
    PREFERENCES.save(work, chosen)
    return chosen


def _nothing(audience: str) -> str:
    return orjson.dumps(Preferences(audience, {})).decode()
