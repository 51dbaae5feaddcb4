"""Numbers for names, so that arrays can hold them."""

from collections.abc import Iterable


class Names:
    """Gives each name a number, from 0 on, for good."""

    def __init__(self, first: Iterable[str] = ()) -> None:
        self._names: list[str] = []
        self._numbers: dict[str, int] = {}
        for name in first:
            self.learn(name)

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, number: int) -> str:
        return self._names[number]

    def learn(self, name: str) -> int:
        """Return the name's number; a new one if it has none."""
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._names)
            self._names.append(name)
        return number

    def find(self, name: str) -> int | None:
        """Return the name's number, or None if it has none."""
        return self._numbers.get(name)
