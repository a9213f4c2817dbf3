"""How spans are written."""

from __future__ import annotations

import pytest

from queuetui.model.measured import Exactness, Measured
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.words import age, evidence_in_words, limit, number, share, span


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 m"),
        (61, "1 m 1 s"),
        (600, "10 m"),
        (601, "10 m"),
        (2460, "41 m"),
        (3600, "1 h"),
        (7500, "2 h 5 m"),
        (36_060, "10 h"),
        (86_400, "1 d"),
        (90_000, "1 d 1 h"),
        (5_000_000, "57 d"),
    ],
)
def test_a_span_is_written_in_its_two_largest_units(seconds: float, words: str) -> None:
    """A span names at most two units, and one when it is long enough for the other not to matter."""
    assert span(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "<10 s"),
        (9.9, "<10 s"),
        (19.9, "10 s"),
        (59.9, "50 s"),
        (61, "1 m"),
        (3599, "59 m"),
        (7500, "2 h"),
        (7900, "2 h 10 m"),
        (90_100, "1 d 1 h"),
        (5_000_000, "57 d"),
    ],
)
def test_an_age_stands_still_for_a_while(seconds: float, words: str) -> None:
    """An age grows in steps: of ten seconds, of a minute, of ten minutes, of an hour."""
    assert age(seconds) == words


def test_what_somebody_set_is_written_as_it_was_set() -> None:
    """A short limit and a small share keep their fractions; what is measured beside them is as exact."""
    assert [limit(seconds) for seconds in (0.1, 0.25, 1, 4.25, 9.5, 10, 90)] == [
        "0.1 s",
        "0.25 s",
        "1 s",
        "4.25 s",
        "9.5 s",
        "10 s",
        "1 m 30 s",
    ]
    assert [share(ratio) for ratio in (0.0025, 0.0425, 0.05, 2 / 3, 1)] == ["0.25%", "4.25%", "5%", "67%", "100%"]
    evidence = {"average_s": 0.4, "limit_s": 0.25, "due_s": 0.4, "due_since": "2026-09-21T14:18:19.000000Z"}
    verdict = Verdict(Code.AVERAGE_OVER, Severity.WARNING, "", evidence, "")
    assert evidence_in_words(verdict) == [
        ("average", "0.4 s"),
        ("limit", "0.25 s"),
        ("due", "<10 s"),
        ("due since", "2026-09-21 14:18:19 UTC"),
    ]
    counts = [Measured(12_403), Measured(10_000, Exactness.CAPPED), Measured(179_997, Exactness.ESTIMATED)]
    assert [number(count) for count in [*counts, Measured(7, Exactness.CACHED)]] == ["12,403", "10,000+", "~180k", "7"]
