"""How times and money read in tables."""

from datetime import datetime

from muster.contracts.vocabulary.values import Money, Price

_WITHOUT_MINOR_UNITS = frozenset({"VND", "KRW"})


def instant(when: datetime, now: datetime) -> str:
    """Return a time as clocks show it where the scenario's own time is told."""
    return f"{when.astimezone(now.tzinfo):%d %b %H:%M}"


def money(amount: Money) -> str:
    """Return an amount in the currency's usual units."""
    if amount.currency in _WITHOUT_MINOR_UNITS:
        return f"{amount.minor_units:,} {amount.currency}"
    return f"{amount.minor_units / 100:,.2f} {amount.currency}"


def price(each: Price) -> str:
    """Return what one unit costs, and for how long."""
    return f"{money(each.amount)}/{each.per}"
