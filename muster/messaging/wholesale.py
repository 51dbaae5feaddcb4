"""A connection that writes many frames in one go."""

from collections.abc import Iterator
from contextlib import contextmanager

import pika

from muster.messaging.ports import OutboundMessage
from muster.messaging.publication import publication

PIECE_BYTES = 256 * 1024  # written at once, at most about so much


class WholesaleConnection(pika.SelectConnection):  # type: ignore[misc]
    """Lets frames wait for each other, and leave as one piece.

    pika makes a system call for each of the three frames of a message, and the broker wakes up for
    each; together they cost both sides a fraction.
    """

    def __init__(self, *args: object, **options: object) -> None:
        self._held: list[bytes] | None = None
        self._held_bytes = 0
        super().__init__(*args, **options)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Hold back whatever is sent inside, and write it at the end."""
        self._held = []
        try:
            yield
        finally:
            self._let_go()
            self._held = None

    def publish(self, channel: int, message: OutboundMessage) -> None:
        """Send a message, persistent and mandatory, on an open channel."""
        self._output_marshaled_frames([publication(channel, message, self._body_max_length)])

    def _adapter_emit_data(self, data: bytes) -> None:
        if self._held is None:
            super()._adapter_emit_data(data)
            return
        self._held.append(data)
        self._held_bytes += len(data)
        if self._held_bytes >= PIECE_BYTES:
            self._let_go()

    def _let_go(self) -> None:
        held, self._held, self._held_bytes = self._held, [], 0
        if held:
            super()._adapter_emit_data(b"".join(held))
