"""Lines of spans: wrapping keeps every character, and what is said is made safe."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.cells import cell_len

from queuetui.model.limits import Limits, is_live
from queuetui.model.snapshot import Watch
from queuetui.model.text import Untrusted, sanitize
from queuetui.model.upkeep import Token
from queuetui.tui.present.lines import cells_of, line_of, say, wrap, wrap_spans, wrap_within
from queuetui.tui.present.upkeep import MOST_TOKENS, tokens_text, upkeep_rows
from queuetui.tui.present.worker_rows import live_workers_text, worker_rows
from tests.tui.scripted import ScriptedFeed
from tests.zoo import SMALL_ZOO, assert_inert


@pytest.mark.parametrize("width", [1, 7, 20, 80])
def test_wrapping_loses_nothing_and_fits(width: int) -> None:
    """No line is wider than asked, and together they hold every word."""
    text = sanitize("worker web-2 pid 4411 silent 6 m, its lease ended and " + "x" * 50)
    lines = wrap(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("width", [1, 7, 20])
def test_what_is_cut_after_some_lines_says_so(width: int) -> None:
    """An ellipsis ends the last line where more follows, within the width; a text that fits has none."""
    text = sanitize("worker web-2 pid 4411 silent 6 m, its lease ended and " + "x" * 50)
    lines = wrap_within(text, width, 3)
    assert len(lines) == 3
    assert all(cell_len(line) <= width for line in lines)
    assert [line.endswith("…") for line in lines] == [False, False, True]
    assert wrap_within(text, width, 200) == wrap(text, width)


@pytest.mark.parametrize("text", SMALL_ZOO.values(), ids=SMALL_ZOO.keys())
def test_wrapped_text_stays_safe(text: str) -> None:
    """Wrapping never breaks an escape into something that acts."""
    for line in wrap(sanitize(text), 9):
        assert_inert(line)
        assert cell_len(line) <= 9


def test_wrapping_a_long_line_takes_no_longer_for_each_of_its_lines() -> None:
    """A wide line of 64,000 characters is wrapped in a moment: its length is looked at once, not once a line."""
    text = sanitize("漢" * 64_000, 64_000)
    began = time.process_time()
    lines = wrap(text, 80)
    assert time.process_time() - began < 2
    assert sum(len(line) for line in lines) == 64_000


def test_a_label_keeps_its_column() -> None:
    """The last span wraps below itself."""
    rows = wrap_spans(line_of(say("why     "), say("one two three four")), 16)
    assert [cells_of(row.left) <= 16 for row in rows] == [True] * len(rows)
    assert rows[1].left[0].text == " " * 8
    assert [row.left[1].text for row in rows] == ["one two", "three", "four"]


def test_a_line_of_many_spans_loses_no_word() -> None:
    """What stands behind the first half of the width flows on below, where only the last span wrapped before."""
    words = ["03:31:36 UTC", "JobCompleted", "on vm pid 28320", "attempt 1", "started 03:31:35"]
    rows = wrap_spans(line_of(*(say(f"{word}  ") for word in words)), 24)
    assert all(cells_of(row.left) <= 24 for row in rows)
    assert " ".join("".join(span.text for row in rows for span in (*row.left, say(" "))).split()) == " ".join(words)


def test_no_worker_is_busier_than_its_slots() -> None:
    """A worker takes jobs ahead, and holds those that ended until that is written: they are told beside its slots."""
    snapshot = ScriptedFeed().poll(Watch()).snapshot
    worker = replace(next(one for one in snapshot.workers if is_live(one, snapshot.now, Limits())), busy=7, slots=4)
    snapshot = replace(snapshot, workers=(worker,))
    assert live_workers_text(snapshot, Limits()) == "1 live of 1, 4 of 4 slots busy, 3 jobs held beside them"
    (row,) = worker_rows(snapshot, Limits())
    assert "4/4 +3" in [cell.text for cell in row.cells]


def test_tokens_that_are_cut_off_are_not_counted_as_all() -> None:
    """Where as many were read as are at most, each number is a least one, and the list says that there may be more."""
    now = datetime(2026, 3, 14, tzinfo=UTC)
    tokens = [Token(Untrusted("1234-5678"), None, now + timedelta(hours=1))] * MOST_TOKENS
    assert tokens_text(tokens, now) == f"tokens: {MOST_TOKENS}+ open"
    assert tokens_text(tokens[1:], now) == f"tokens: {MOST_TOKENS - 1} open"
    assert "there may be more" in upkeep_rows((), tokens, now, "")[-1].cells[1].text
    assert "there may be more" not in upkeep_rows((), tokens[1:], now, "")[-1].cells[1].text
