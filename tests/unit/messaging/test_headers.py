"""Headers as they come from a broker, which may hold anything."""

import pytest

from muster.messaging.headers import attempt_in, own_headers


def test_the_brokers_own_headers_are_left_behind() -> None:
    """A copied x-death would look like a cycle to the broker."""
    raw = {
        "x-attempt": 2,
        "x-reason": "no",
        "x-death": [{"queue": "a"}],
        "x-first-death-reason": "expired",
        "x-last-death-queue": "a",
        "x-delivery-count": 3,
    }

    assert own_headers(raw) == {"x-attempt": 2, "x-reason": "no"}


def test_headers_of_odd_types_are_left_behind() -> None:
    """Only text and whole numbers are ours."""
    assert own_headers({"a": b"bytes", "b": None, "c": 1.5, "d": "text"}) == {"d": "text"}
    assert own_headers(None) == {}


@pytest.mark.parametrize("senseless", ["2", -1, 0])
def test_a_senseless_attempt_counts_as_none(senseless: str | int) -> None:
    """A stranger's header neither skips delays nor breaks anything."""
    assert attempt_in({"x-attempt": senseless}) == 0


def test_a_missing_attempt_counts_as_none() -> None:
    """A fresh event was never retried."""
    assert attempt_in({}) == 0
    assert attempt_in({"x-attempt": 2}) == 2
