"""What is shown, its filter and its notes stand on the screen at every width."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from queuetui.model.measured import Exactness, Measured
from queuetui.model.page import Page
from queuetui.model.picture import Picture
from queuetui.model.snapshot import Watch
from queuetui.model.text import Untrusted
from queuetui.monitor.link import Link, LinkState
from queuetui.tui.present.all_systems import SystemPart, crumbs
from queuetui.tui.present.crumbs import crumbs_lines
from queuetui.tui.present.lines import cells_of
from queuetui.tui.scope import TABS, Scope
from tests.tui.scripted import ScriptedFeed

NOTES = (
    "no index serves this filter: 5,000 jobs were looked through for this page, more lie beyond",
    "of payloads over 8 KB only the head is searched",
)
FILTERS = [
    "mail",
    'error~"timed out" type:SendWelcomeEmail payload.user.id:42 age>1h',
    "x" * 110,
    "日本語" * 20,
]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("text", FILTERS)
@pytest.mark.parametrize("queue", [None, "mail", "a-queue-with-a-long-name-" * 3])
def test_neither_the_filter_nor_a_note_is_hidden(width: int, text: str, queue: str | None) -> None:
    """Every word of queue, filter and notes is there, on as many lines as they need."""
    scope = Scope(TABS[4], None if queue is None else Untrusted(queue), text)
    page = Page((), Measured(0, Exactness.CAPPED), has_more=True, notes=NOTES)
    lines = crumbs_lines(scope, page, None, None, width)
    assert all(cells_of(line.left) + cells_of(line.right) <= width for line in lines)
    whole = "".join(span.text for line in lines for span in (*line.left, *line.right)).replace(" ", "")
    for word in (text, queue or "", *NOTES):
        assert word.replace(" ", "") in whole


@pytest.mark.parametrize(("text", "extent"), [("", "2 of ~600k estimated "), ("mail", "2 of 10,000+ capped ")])
def test_a_list_and_its_tab_tell_one_count(text: str, extent: str) -> None:
    """What a page counts up to a bound is told by its tab's own count, where nothing filters it further."""
    snapshot = replace(ScriptedFeed().poll(Watch()).snapshot, total=Measured(600_000, Exactness.ESTIMATED))
    page = Page(tuple(ScriptedFeed().jobs[:2]), Measured(10_000, Exactness.CAPPED), has_more=True)
    (line,) = crumbs_lines(Scope(filter_text=text), page, None, snapshot, 120)
    assert "".join(span.text for span in line.right) == extent
    old = replace(page, total=replace(page.total, as_of=snapshot.now - timedelta(seconds=26)))
    (line,) = crumbs_lines(Scope(filter_text="mail"), old, None, snapshot, 120)
    assert line.right[-1].text == "2 of 10,000+ capped, counted 20 s ago "


def test_a_filter_without_end_is_cut_with_a_mark() -> None:
    """Four lines are all it gets."""
    *lines, extent = crumbs_lines(Scope(filter_text="word " * 300), None, None, None, 80)
    assert len(lines) == 4
    assert lines[-1].left[-1].text.endswith("…")
    assert "not read" in extent.right[0].text


def test_the_list_of_all_systems_tells_first_what_is_missing() -> None:
    """A system that is away goes before how the jobs of the others were found; each count is that of the system's tab."""
    snapshot = replace(ScriptedFeed().poll(Watch()).snapshot, total=Measured(600_000, Exactness.ESTIMATED))
    page = Page((), Measured(10_000, Exactness.CAPPED), has_more=True, notes=NOTES)
    live, away = Link(LinkState.LIVE), Link(LinkState.LOST, reason="it is away")
    parts = {"shop": SystemPart("shop", live, Picture(replace(snapshot, page=page))), "gone": SystemPart("gone", away)}
    first, note, *_ = crumbs(Scope(), parts, 100, 120, has_more=True)
    assert "".join(span.text for span in first.right) == "100+ shown of shop ~600k "
    assert note.left[0].text.startswith(" gone: ")
