"""Back-off: when a failed run is tried again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuetui.model.backoff import Backoff


def test_delays_double() -> None:
    """After the n-th ended attempt the delay is the base doubled n times."""
    steady = Backoff(jitter=0)
    assert [steady.delay_s(ended, 0.5) for ended in range(1, 5)] == [2, 4, 8, 16]


def test_delays_are_capped() -> None:
    """No delay is longer than the cap, however many attempts ended."""
    steady = Backoff(jitter=0)
    assert {steady.delay_s(ended, 0.5) for ended in (12, 100, 10**9)} == {3600}


def test_a_policy_has_its_own_base_and_cap() -> None:
    """Base and cap are a policy's own."""
    policy = Backoff(base_s=0.5, cap_s=3, jitter=0)
    assert [policy.delay_s(ended, 0) for ended in (1, 2, 3)] == [1, 2, 3]


@given(st.integers(1, 40), st.floats(0, 1, exclude_max=True))
def test_jitter_spreads_by_a_tenth(ended: int, chance: float) -> None:
    """Chance moves a delay by at most a tenth either way, and not at all in the middle."""
    middle = Backoff().delay_s(ended, 0.5)
    assert middle == pytest.approx(Backoff(jitter=0).delay_s(ended, chance))
    assert 0.9 * middle <= Backoff().delay_s(ended, chance) * 1.000001 <= 1.1 * middle * 1.000002


def test_jitter_goes_both_ways() -> None:
    """The least chance shortens and the greatest lengthens."""
    assert Backoff().delay_s(1, 0.0) == pytest.approx(1.8)
    assert Backoff().delay_s(1, 0.999999) == pytest.approx(2.2, abs=1e-5)
