"""What stands still costs nothing: time alone changes no line of a table or of what is told beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from queuetui.model.job import Job
from queuetui.model.query_parser import parse_query
from queuetui.model.state import State
from queuetui.model.text import Untrusted, sanitize
from queuetui.monitor.diagnosis.explain import explain
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.tui.present.detail import pane_lines
from queuetui.tui.present.job_columns import NORMAL, TROUBLED, columns_for
from queuetui.tui.present.job_rows import make_row
from queuetui.tui.present.table import Cell, Column, Row
from queuetui.tui.widgets.table_layout import place_columns
from queuetui.tui.widgets.table_lines import CellSpan, Line, changed_spans
from tests.monitor.pictures import FOREIGN, NOW, ago, facts, job, queue, running, worker

KEPT = frozenset(State) - {State.BLOCKED}
WIDTHS = (80, 120, 200)
LISTENED = facts(worker("mail"))


def line_after(subject: Job, told: Facts, seconds: float, columns: Sequence[Column] = NORMAL) -> Line:
    """Return the line of a job as it is some seconds from now."""
    later = replace(told, now=NOW + timedelta(seconds=seconds))
    return Line(make_row(subject, explain(subject, later), later.now, columns), is_cursor=False, is_marked=False)


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        (job(scheduled_at=ago(722)), facts()),
        (job(scheduled_at=ago(722)), LISTENED),
        (job(scheduled_at=ago(42)), facts(worker("mail", busy=2))),
        (job(scheduled_at=ago(722)), facts(capabilities=FOREIGN)),
        (job(scheduled_at=ago(722)), facts(queue(paused_s=100))),
        (job(State.SCHEDULED, scheduled_at=ago(-598)), LISTENED),
        (job(State.RETRYING, scheduled_at=ago(-38), attempts=1), LISTENED),
        (job(State.RETRYING, scheduled_at=ago(722), attempts=1), LISTENED),
        (job(State.FAILED, completed_at=ago(7300), attempts=3), LISTENED),
        (job(State.COMPLETED, completed_at=ago(200_000)), LISTENED),
        (running(722, lease_s=28), LISTENED),
        (replace(running(122, lease_s=28), cancel_requested_at=ago(11)), LISTENED),
        (running(722, lease_s=-62), facts(worker("mail", silent_s=302))),
        (running(722, lease_s=None), facts(capabilities=FOREIGN)),
    ],
)
def test_two_seconds_change_no_line(subject: Job, told: Facts) -> None:
    """A job of any state and verdict looks the same at the next poll, in its row and in the pane beside it."""
    before, after = line_after(subject, told, 0), line_after(subject, told, 2)
    for width in WIDTHS:
        assert changed_spans(before, after, place_columns(NORMAL, width), width) == ()
    later = replace(told, now=NOW + timedelta(seconds=2))
    assert pane_lines(subject, explain(subject, told), NOW, 66) == pane_lines(
        subject, explain(subject, later), later.now, 66
    )


def test_a_minute_changes_no_more_than_its_figures() -> None:
    """When the minute turns only the figures of a row are drawn again."""
    columns = columns_for(parse_query("state:pending"), KEPT, is_troubled=False, is_wide=False).columns
    before, after = (line_after(job(scheduled_at=ago(722)), facts(), seconds, columns) for seconds in (0, 60))
    placed = place_columns(columns, 200)
    spans = changed_spans(before, after, placed, 200)
    of = {one.column.key: one for one in placed}
    assert [span.end - span.start for span in spans] == [1, 1]
    assert spans[0].end == of["age"].end - len(" m")
    assert of["why"].x < spans[1].end < of["why"].end


def test_what_is_cut_off_costs_nothing() -> None:
    """Texts that differ behind the end of their column look alike."""
    placed = place_columns(TROUBLED, 80)
    one, other = (
        Line(
            Row("a", tuple(Cell(sanitize(Untrusted("x" * 300 + end))) for _ in TROUBLED)),
            is_cursor=False,
            is_marked=False,
        )
        for end in ("1", "2")
    )
    assert changed_spans(one, other, placed, 80) == ()
    assert changed_spans(one, other._replace(is_cursor=True), placed, 80) == (CellSpan(0, 80),)
