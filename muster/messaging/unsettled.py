"""Which delivery tags of a channel are unsettled, and how to settle many with few frames."""

from collections.abc import Iterable, Sequence

_GENERATION = 2**64  # delivery tags are 64 bits wide; above them stands the channel they belong to


class Unsettled:
    """Unsettled deliveries of the present channel, in the order they came.

    Outside, a tag carries the generation of its channel, so that a tag of a channel that is gone is
    recognised and ignored: acking it on another would ack a stranger's message.
    """

    def __init__(self) -> None:
        self._generation = 0
        self._tags: dict[int, None] = {}  # an ordered set, the broker's tags rising

    def start_over(self) -> None:
        """Forget everything; what comes next belongs to another channel."""
        self._generation += 1
        self._tags.clear()

    def add(self, delivery_tag: int) -> int:
        """Note a delivery and return the tag it has outside."""
        self._tags[delivery_tag] = None
        return self._generation * _GENERATION + delivery_tag

    def acks(self, tags: Iterable[int]) -> list[tuple[int, bool]]:
        """Settle these and return (delivery tag, multiple) of each ack frame to send.

        All unsettled ones up to a tag go in one frame; that is right only if none before it is to
        stay unsettled.
        """
        wanted = self._present(tags)
        head = 0
        for tag in self._tags:
            if tag not in wanted:
                break
            head = tag
        self._settle(wanted)
        single = [(tag, False) for tag in sorted(wanted) if tag > head]
        return [(head, True), *single] if head else single

    def releases(self, tags: Iterable[int]) -> Sequence[int]:
        """Settle these and return the delivery tags to give back, oldest first."""
        wanted = self._present(tags)
        self._settle(wanted)
        return sorted(wanted)

    def _present(self, tags: Iterable[int]) -> set[int]:
        split = (divmod(tag, _GENERATION) for tag in tags)
        return {tag for generation, tag in split if generation == self._generation} & (
            self._tags.keys()
        )

    def _settle(self, delivery_tags: Iterable[int]) -> None:
        for tag in delivery_tags:
            del self._tags[tag]
