"""What an e-mail says: a template per event type, in plain words, with what to do next."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from muster.contracts.event import TYPE_PREFIX
from muster.contracts.vocabulary.values import Money, Price, Window
from muster.messaging.envelope import Envelope
from services.notify.domain.audience import OPERATORS

_TEMPLATES = Path(__file__).parent / "templates"
_LONGEST_TITLE = 150

# ISO 4217: currencies of our parts whose smallest unit is not a hundredth.
_MINOR_DIGITS = {"VND": 0, "KRW": 0, "JPY": 0, "KWD": 3, "BHD": 3, "OMR": 3}


class Wording:
    """Writes the e-mails. Safe to share between threads."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            undefined=StrictUndefined,
            autoescape=select_autoescape(),  # off for these: they are plain text
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._templates.filters.update(
            instant=_instant, window=_window, money=_money, price=_price, words=_words, line=_line
        )

    def letter(self, envelope: Envelope, audience: str) -> tuple[str, str]:
        """Return (subject line, plain text) of the e-mail about this event for this audience."""
        event = envelope.event
        name = f"{event.event_type.removeprefix(TYPE_PREFIX)}.j2"
        text = self._templates.get_template(name).render(
            event=event,
            to_operators=audience == OPERATORS,
            to_provider=audience == getattr(event, "provider_id", None),
        )
        title, _, body = text.partition("\n")
        return title[:_LONGEST_TITLE], body.strip() + "\n"


def _instant(value: datetime) -> str:
    return f"{value.astimezone(UTC):%d %b %Y, %H:%M} UTC"


def _window(value: Window) -> str:
    return f"{_instant(value.starts_at)} to {_instant(value.ends_at)}"


def _money(value: Money) -> str:
    digits = _MINOR_DIGITS.get(value.currency, 2)
    whole, rest = divmod(value.minor_units, 10**digits)
    return f"{value.currency} {whole:,}" + (f".{rest:0{digits}d}" if digits else "")


def _price(value: Price) -> str:
    return f"{_money(value.amount)} per {value.per.value}"


def _words(value: str) -> str:
    return value.replace("_", " ")


def _line(value: str) -> str:
    """Return free text as one line, as a subject must be."""
    return " ".join(value.split())


@cache
def wording() -> Wording:
    """Return the one that all share: compiling the templates takes longer than using them."""
    return Wording()
