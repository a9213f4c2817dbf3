"""Tabs fit every width, and none is lost without a mark."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from queuetui.model.measured import Exactness, Measured, absent
from queuetui.model.snapshot import Snapshot, Watch
from queuetui.model.state import State
from queuetui.tui.present.lines import cells_of
from queuetui.tui.present.tabs import tabs_line
from queuetui.tui.scope import TABS, Scope
from tests.tui.scripted import ScriptedFeed


def counting(size: int, exactness: Exactness = Exactness.EXACT) -> Snapshot:
    """Return a snapshot with so many jobs in every state."""
    snapshot = ScriptedFeed().poll(Watch()).snapshot
    counts = {state: Measured(size, exactness) for state in State}
    return replace(snapshot, counts=counts, stuck=Measured(size, exactness), total=Measured(size * 8, exactness))


def shown(snapshot: Snapshot | None, width: int, tab: int = 0) -> str:
    """Return the tabs as text, proven to fit."""
    line = tabs_line(Scope(tab=TABS[tab]), snapshot, None, width)
    assert cells_of(line.left) <= width
    return "".join(span.text for span in line.left)


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
@pytest.mark.parametrize("size", [0, 999, 1_000, 12_345, 999_999, 41_000_000])
def test_every_tab_is_there_at_every_width(width: int, size: int) -> None:
    """Each digit stands on the line; the chosen tab is whole, and an ellipsis tells that a count gave way."""
    every = product((Exactness.EXACT, Exactness.CAPPED, Exactness.ESTIMATED), range(len(TABS)))
    for exactness, tab in every:
        text = shown(counting(size, exactness), width, tab)
        told = re.findall(r"(\d) [A-Z][a-z]+( (?!\d [A-Z])[^ \[\]]+)?", text)
        assert [digit for digit, _ in told] == [one.digit for one in TABS]
        assert told[tab][1], "the chosen tab has its count"
        assert all(count for _, count in told) or "…" in text


def test_a_tab_that_counts_nothing_takes_no_room_from_one_that_does() -> None:
    """A store that keeps no ended jobs has no number for them, and none is missed; the others stay."""
    some = {State.PENDING: Measured(300_000, Exactness.ESTIMATED), State.FAILED: Measured(300_000, Exactness.ESTIMATED)}
    none: dict[State, Measured[int]] = dict.fromkeys((State.COMPLETED, State.CANCELLED), absent("it keeps none"))
    counts = {**counting(0).counts, **some, **none}
    text = shown(replace(counting(300_000, Exactness.ESTIMATED), counts=counts, total=some[State.FAILED]), 80)
    assert text == "[1 All ~300k]2 Pnd ~300k 3 Run 0 4 Stk ~300k! 5 Fail ~300k 6 Lat 0 7 Done 8 Can"


@pytest.mark.parametrize(
    ("size", "width", "text"),
    [
        (10_300, 120, "1 All 82.4k"),
        (10_300, 120, "8 Canc 10.3k"),
        (1_200, 80, "[1 All 9.6k]"),
        (1_200, 80, "5 Fail 1.2k"),
        (1_200, 80, "8 Can…"),
        (12, 80, "8 Can 12"),
    ],
)
def test_words_and_counts_get_shorter(size: int, width: int, text: str) -> None:
    """What is least needed is shortened first."""
    assert text in shown(counting(size), width)


def test_the_tabs_tell_how_old_their_counts_are() -> None:
    """The age of the oldest stands at the right, once it is older than a few polls and where there is room."""
    snapshot = counting(7)
    for age_s, width, told in ((9, 120, ""), (44, 120, "·40s "), (44, 60, "")):
        pending = Measured(7, Exactness.CACHED, snapshot.now - timedelta(seconds=age_s))
        line = tabs_line(Scope(), replace(snapshot, counts={**snapshot.counts, State.PENDING: pending}), None, width)
        assert "".join(span.text for span in line.right) == told


def test_a_tab_counts_no_less_than_the_list_behind_it() -> None:
    """Where a page found more than was counted of each queue, the chosen tab tells what the list does."""
    capped = Measured(10_000, Exactness.CAPPED)
    line = tabs_line(Scope(), counting(10, Exactness.CAPPED), None, 200, capped)
    assert line.left[1].text.startswith("[1 All 10,000+]")
    assert "80+" not in "".join(span.text for span in line.left)
