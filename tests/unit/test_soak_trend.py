"""What the soak test calls growth."""

from random import Random

from tests.soak.trend import trend_of

SECONDS = [3.0 * n for n in range(200)]


def test_noise_and_spikes_are_flat() -> None:
    """A figure that jumps up and comes back has not grown."""
    rng = Random(1)
    values = [100 + rng.uniform(-3, 3) + (80 if n % 20 == 0 else 0) for n in range(200)]

    assert trend_of("memory", SECONDS, values, allowed=3).flat


def test_a_slow_leak_under_noise_is_growth() -> None:
    """Two MB a minute, where every look is off by up to three."""
    rng = Random(1)
    values = [100 + second / 30 + rng.uniform(-3, 3) for second in SECONDS]
    trend = trend_of("memory", SECONDS, values, allowed=7)

    assert not trend.flat
    assert 110 < trend.per_hour < 130


def test_what_shrinks_is_flat() -> None:
    """A backlog that is worked off is no leak."""
    values = [float(max(0, 500 - n)) for n in range(200)]

    assert trend_of("outbox", SECONDS, values, allowed=0).flat
