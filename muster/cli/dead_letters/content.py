"""Dead letters as JSON: a summary for lists, and the whole for showing and keeping."""

import base64
from datetime import datetime
from typing import Any

from muster.messaging.letters import DeadLetter


def summary(letter: DeadLetter) -> dict[str, Any]:
    """Return what a list says of a letter: nothing of what the event holds but what it is about."""
    return {
        "message_id": letter.letter_id,
        "type": letter.event_type,
        "subject": letter.subject,
        "service": letter.subscription.service,
        "subscription": letter.subscription.name,
        "queue": letter.subscription.queue,
        "reason": letter.reason,
        "attempts": letter.attempts,
        "replays": letter.replays,
        "given_up_by": "rabbitmq" if letter.given_up_by_broker else "worker",
        "first_failed_at": _text(letter.first_failed_at),
        "died_at": _text(letter.died_at),
    }


def whole(letter: DeadLetter) -> dict[str, Any]:
    """Return all of a letter. The body is text where it is UTF-8, else base64."""
    return summary(letter) | {
        "correlation_id": letter.correlation_id,
        "headers": dict(letter.headers),
        "deaths": [
            {
                "queue": death.queue,
                "reason": death.reason,
                "count": death.count,
                "at": _text(death.at),
                "exchange": death.exchange,
                "routing_keys": list(death.routing_keys),
            }
            for death in letter.deaths
        ],
        **_body(letter.body),
    }


def _body(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
