"""Choose what comes by e-mail."""

from collections.abc import Mapping

import orjson

from muster.access import Caller
from muster.storage.unit_of_work import UnitOfWork
from services.notify.domain.audience import OPERATORS
from services.notify.domain.preferences import MailChoice, Preferences
from services.notify.tables import PREFERENCES, insert_new, preferences


def set_preferences(
    work: UnitOfWork, caller: Caller, email: Mapping[str, MailChoice]
) -> Preferences:
    """Replace all choices of the caller's organisation; raise PreferenceRefused."""
    audience = caller.organisation_id or OPERATORS
    nothing_chosen = {"audience": audience, "version": 1, "document": _nothing(audience)}
    insert_new(work.connection, preferences, [nothing_chosen])  # so that there is a row to lock
    chosen = PREFERENCES.get(work.connection, audience, lock=True).chosen(email)
    PREFERENCES.save(work, chosen)
    return chosen


def _nothing(audience: str) -> str:
    return orjson.dumps(Preferences(audience, {})).decode()
