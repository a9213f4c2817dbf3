"""The lines of the frame fit their width and say how sure each figure is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queuetui.model.filter_text import quote_value
from queuetui.model.measured import Exactness, Measured, absent, add_counts
from queuetui.model.snapshot import Watch
from queuetui.model.text import Untrusted
from queuetui.tui.actions import ACTIONS
from queuetui.tui.present.frame import Heading, footer_line, heading_line, lost_lines, short_count
from queuetui.tui.present.identity import find_queue, short_id, short_type
from queuetui.tui.present.lines import TextLine, cells_of
from tests.tui.scripted import ScriptedFeed, make_job


def text_of(line: TextLine) -> str:
    """Return a line's text."""
    return "".join(span.text for span in (*line.left, *line.right))


def test_a_sum_is_as_sure_as_its_least_sure_part() -> None:
    """A capped part makes the sum "at least", an absent part is left out, nothing known is nothing."""
    assert add_counts([Measured(3), Measured(10_000, Exactness.CAPPED)]) == Measured(10_003, Exactness.CAPPED)
    assert add_counts([Measured(3), absent("not kept")]) == Measured(3)
    assert add_counts([absent("not kept")]).value is None


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (Measured(9_812), "9,812"),
        (Measured(10_000, Exactness.CAPPED), "10.0k+"),
        (Measured(4_100_000, Exactness.ESTIMATED), "~4.1M"),
        (absent("not kept"), "-"),
    ],
)
def test_short_counts(count: Measured[int], shown: str) -> None:
    """A count in few characters still says what it is."""
    assert short_count(count) == shown


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_the_heading_fits_and_keeps_the_rights(width: int) -> None:
    """However narrow, profile and rights are shown whole."""
    line = heading_line(
        Heading("PROD-EU", "Laravel database queue", "READ-ONLY", "B", 2.0, cost_s=0.004, clock="02:51:07"), width
    )
    assert cells_of(line.left) + cells_of(line.right) <= width
    assert "PROD-EU" in text_of(line)
    assert "READ-ONLY" in text_of(line)


def test_the_heading_of_a_slow_store_keeps_its_halves_apart() -> None:
    """Where there is no room for it, that the store is slow gives way before the two halves touch."""
    long = Heading(
        "t_24448f19a03b@127.0.0.1:19054", "", "operate", "A", 2.1, cost_s=1.0, clock="12:01:52", is_slowed=True
    )
    line = heading_line(long, 80)
    assert cells_of(line.left) + cells_of(line.right) < 80
    assert "(slow store)" in text_of(heading_line(long, 120))


@pytest.mark.parametrize(("width", "has_cost"), [(80, False), (120, True)])
def test_the_heading_shows_the_grade(width: int, has_cost: bool) -> None:
    """The durability grade stands behind the backend, and goes before the cost of a poll where there is little room."""
    heading = Heading("PROD-EU", "queuetui on Redis", "operate", "B", 2.0, cost_s=0.004, clock="02:51:07")
    shown = text_of(heading_line(heading, width))
    assert "queuetui on Redis  operate  grade B" in shown
    assert ("4 ms" in shown) is has_cost


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_footer_shows_whole_words_and_help_first(width: int) -> None:
    """No key or label is ever cut."""
    offers = [(action, None) for action in sorted(ACTIONS, key=lambda one: one.rank) if action.rank]
    line = footer_line(offers, width, "3 marked")
    assert cells_of(line.left) + cells_of(line.right) <= width
    assert text_of(line).startswith(" ? help")
    labels = {f" {action.label}  " for action, _ in offers}
    assert all(span.text in labels for span in line.left[2::2])


def test_the_reason_of_a_loss_is_told_in_at_most_three_lines() -> None:
    """A long reason wraps and does not take the screen."""
    lines = lost_lines("PROD-EU", "DISCONNECTED 00:12 - retry in 4 s (attempt 3): " + "no route " * 60, 80)
    assert len(lines) == 3
    assert all(cells_of(line.left) <= 80 for line in lines)
    assert text_of(lines[-1]).endswith("…")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("App\\Jobs\\SendWelcomeEmail", "SendWelcomeEmail"),
        ("app.mail:send", "send"),
        ("Closure (a:b)", "Closure (a:b)"),
        ("x:", "x:"),
    ],
)
def test_a_type_is_called_by_its_last_part(written: str, shown: str) -> None:
    """Folders and modules give way to the name itself."""
    assert short_type(make_job(1, type=Untrusted(written))) == Untrusted(shown)


def test_a_long_id_is_called_by_its_end() -> None:
    """The end is what differs and what people type; a short id is shown whole."""
    assert short_id("0195a3f0-9c00-7000-8000-00000000abcd") == Untrusted("0000abcd")
    assert short_id("42") == Untrusted("42")
    assert short_id("saq:job:post:e648c3f8-ec20-11f1-95a9-02fc00000001").raw.startswith("e648c3f8-ec20")


def test_values_are_quoted_where_they_must_be() -> None:
    """A name with blanks or quotes is one value of the filter language."""
    assert quote_value("mail") == "mail"
    assert quote_value('two "words"') == '"two \\"words\\""'


def test_a_queue_is_found_by_its_beginning_when_only_one_begins_so() -> None:
    """`ma` means mail where nothing else begins so, and nothing where two do."""
    feed = ScriptedFeed(
        [
            make_job(1, queue=Untrusted("mail")),
            make_job(2, queue=Untrusted("mass")),
            make_job(3, queue=Untrusted("sync")),
            make_job(4, queue=Untrusted("\x1b[31mred")),
        ]
    )
    snapshot = feed.poll(Watch()).snapshot
    assert find_queue(snapshot, '"mail"') == Untrusted("mail")
    assert find_queue(snapshot, r'"\x1b[31mred"') == Untrusted("\x1b[31mred")
    assert find_queue(snapshot, "sy") == Untrusted("sync")
    assert find_queue(snapshot, "ma") is None
    assert find_queue(snapshot, "mail") == Untrusted("mail")
    assert find_queue(snapshot, "tenant-9") is None
    assert find_queue(replace(snapshot, has_more_queues=True), "tenant-9") == Untrusted("tenant-9")
