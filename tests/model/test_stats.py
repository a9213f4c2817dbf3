"""The figures that programs read."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from queuetui.cli.tables import exactness_in_words, stats_row
from queuetui.model.measured import Exactness, Measured, absent
from queuetui.model.rates import RecentRuns, TallyMinute
from queuetui.model.snapshot import QueueInfo, Snapshot
from queuetui.model.state import State
from queuetui.model.stats import describe_stats
from tests.model.jobs import NOW, text

PROMISED = {
    "pending", "scheduled", "processing", "retrying", "completed", "failed", "cancelled", "stuck", "total", "average_seconds"
}  # fmt: skip


def picture(**counts: Measured[int]) -> Snapshot:
    """Return a picture with counts by state and one queue."""
    by_state = {State(name): count for name, count in counts.items()}
    queue = QueueInfo(text("mail"), by_state, Measured(1), oldest_due_at=NOW, paused_at=NOW, consumers=2, average_s=0.5)
    return Snapshot("shop", NOW, by_state, Measured(2), Measured(9), Measured(1.25), queues=(queue,))


def test_every_promised_figure_is_there() -> None:
    """The names that scripts rely on are there, over all and per queue, whatever the backend keeps."""
    figures = describe_stats(picture())
    assert figures.keys() >= PROMISED
    assert figures["queues"]["mail"].keys() >= PROMISED
    assert json.loads(json.dumps(figures)) == figures


def test_absent_is_not_zero() -> None:
    """A state that the backend does not keep is null, one with no jobs is zero."""
    figures = describe_stats(picture(pending=Measured(0), completed=absent("jobs are deleted when they end")))
    assert (figures["pending"], figures["completed"], figures["failed"]) == (0, None, None)


def test_inexact_figures_are_named() -> None:
    """Each figure that is not exact is told as what it is, with the reason and, where it is not of now, its time."""
    counts = {
        "pending": Measured(7, Exactness.CACHED, as_of=NOW - timedelta(minutes=2)),
        "processing": Measured(10_000, Exactness.CAPPED, as_of=NOW - timedelta(seconds=26)),
        "retrying": Measured(10_000, Exactness.CAPPED, as_of=NOW),
        "failed": Measured(3),
        "completed": Measured(4_000_000, Exactness.ESTIMATED, why="from statistics"),
        "cancelled": absent("not kept"),
        "scheduled": Measured(0),
    }
    figures = describe_stats(picture(**counts))
    expected = {
        "pending": "cached",
        "processing": "capped",
        "retrying": "capped",
        "completed": "estimated",
        "cancelled": "absent",
    }
    queue = figures["queues"]["mail"]
    assert (figures["exactness"], queue["exactness"]) == (expected, {**expected, "total": "capped"})
    assert figures["reasons"] == queue["reasons"] == {"completed": "from statistics", "cancelled": "not kept"}
    assert figures["counted_at"] == {
        "pending": "2026-01-31T11:58:00.000000Z",
        "processing": "2026-01-31T11:59:34.000000Z",
    }
    row = stats_row(queue, figures["as_of"], late_after_s=300)
    names = ("pending", "processing", "completed", "failed", "cancelled", "total")
    assert [row[name] for name in names] == ["7 (2 m)", "10,000+ (26 s)", "~4.0M", "3", "-", "4,020,010+ (26 s)"]
    assert (
        exactness_in_words(figures)["exactness"]
        == "pending=cached processing=capped retrying=capped completed=estimated cancelled=absent"
    )


@pytest.mark.parametrize(("due_s", "shown"), [(None, None), (299, "4 m 59 s"), (301, "5 m 1 s!")])
def test_the_oldest_due_time_is_marked_past_the_limit(due_s: int | None, shown: str | None) -> None:
    """The figures tell how long the oldest due job has waited, and a table marks it once that is over the limit."""
    due_at = None if due_s is None else NOW - timedelta(seconds=due_s)
    mail = replace(picture().queues[0], oldest_due_at=due_at)
    later = QueueInfo(text("later"), {}, Measured(0), oldest_due_at=NOW)
    figures = describe_stats(replace(picture(), queues=(mail, later)))
    assert figures["oldest_due_seconds"] == (due_s or 0)
    assert stats_row(figures["queues"]["mail"], figures["as_of"], 300)["oldest_due"] == shown
    before = replace(mail, oldest_read_at=NOW - timedelta(seconds=12))
    queue = describe_stats(replace(picture(), queues=(before,)))["queues"]["mail"]
    assert queue["counted_at"]["oldest_due_at"] == "2026-01-31T11:59:48.000000Z"
    assert stats_row(queue, figures["as_of"], 300)["oldest_due"] == (None if shown is None else f"{shown} (12 s)")


def test_rates_and_averages_say_what_they_are_of() -> None:
    """The rate over all queues is of the same five minutes as that of each queue, and the averages name their window."""
    tally = tuple(TallyMinute(NOW - timedelta(minutes=back), completed=back) for back in range(60))
    mail = replace(picture().queues[0], recent=RecentRuns(done_per_minute=1.5))
    figures = describe_stats(replace(picture(), tally=tally, queues=(mail,)))
    assert (figures["done_per_minute"], figures["queues"]["mail"]["done_per_minute"]) == (3.0, 1.5)
    assert [one["minutes"] for one in figures["measures"].values()] == [60, 5]
    assert describe_stats(picture())["done_per_minute"] is None


def test_a_queue_tells_its_state() -> None:
    """A queue says whether it is paused, who listens, how old its oldest job is, and what it holds."""
    queue = describe_stats(picture(pending=Measured(4), failed=Measured(1)))["queues"]["mail"]
    assert (queue["paused"], queue["consumers"], queue["average_seconds"], queue["total"]) == (True, 2, 0.5, 5)
    assert queue["oldest_due_at"] == "2026-01-31T12:00:00.000000Z"
    assert queue["stuck"] == 1


def test_figures_name_their_source() -> None:
    """Figures say of which backend and of what time they are."""
    figures = describe_stats(picture())
    assert (figures["backend"], figures["as_of"]) == ("shop", "2026-01-31T12:00:00.000000Z")
    assert (figures["stuck"], figures["total"], figures["average_seconds"]) == (2, 9, 1.25)
