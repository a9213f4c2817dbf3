"""The figures that programs read."""

from __future__ import annotations

import json

from queuetui.model.measured import Exactness, Measured, absent
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
    """A capped or estimated figure is told as what it is; exact and absent ones are not listed."""
    counts = {
        "pending": Measured(10_000, Exactness.CAPPED),
        "failed": Measured(3),
        "completed": Measured(4_000_000, Exactness.ESTIMATED),
        "cancelled": absent("not kept"),
    }
    assert describe_stats(picture(**counts))["exactness"] == {"pending": "capped", "completed": "estimated"}


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
