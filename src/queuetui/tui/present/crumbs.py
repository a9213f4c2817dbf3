"""The lines above a list: its path and filter, its size, and its notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from queuetui.model.measured import Exactness, Measured, old_s
from queuetui.model.page import Page
from queuetui.model.snapshot import QueueInfo, Snapshot
from queuetui.model.text import sanitize
from queuetui.tui.present.ages import age_text
from queuetui.tui.present.frame import tab_count
from queuetui.tui.present.lines import Span, TextLine, cells_of, first_lines, flow, line_of, say, wrap
from queuetui.tui.present.numbers import count_text
from queuetui.tui.present.tones import Tone
from queuetui.tui.present.worker_rows import worker_filter, worker_name
from queuetui.tui.scope import Scope

_GAP_CELLS = 2
_MOST_LINES = 4
_MOST_NOTE_LINES = 3
_FILTER_CAP = 2000


def crumbs_lines(
    scope: Scope,
    page: Page | None,
    queue: QueueInfo | None,
    snapshot: Snapshot | None,
    width: int,
    *,
    notes: Sequence[str] = (),
    looked_before: int = 0,
    order: str = "",
) -> list[TextLine]:
    """Return the subject and the size of a list of jobs; `page` is None until it was read.

    `order` is named where no column can show it.
    """
    spans = [say(" Jobs", Tone.STRONG)]
    if scope.queue is not None:
        spans += [say(" > ", Tone.MUTED), say("queue "), say(scope.queue, Tone.STRONG)]
    if queue is not None and queue.is_paused:
        spans.append(say(" PAUSED", Tone.WARNING))
    if scope.tab.term:
        spans += [say(" > ", Tone.MUTED), say(scope.tab.title.lower())]
    if scope.filter_text:
        spans += [say(" > ", Tone.MUTED), say(_filter_shown(scope, snapshot), Tone.STRONG, _FILTER_CAP)]
    told = (*notes, *(() if page is None else page.notes))
    extent = [say(f"{order}   ", Tone.MUTED)] if order and page is not None else []
    count = None if page is None else count_of_list(scope, page, snapshot, queue)
    return lay_out_crumbs(spans, (*extent, *_extent(page, count, snapshot, looked_before)), told, width)


def count_of_list(scope: Scope, page: Page, snapshot: Snapshot | None, queue: QueueInfo | None) -> Measured[int]:
    """Return the number of jobs in a list: by its page, or by its tab.

    The tab's count is used where the page's is only a lower bound, as the two would differ on screen.
    """
    is_filtered = bool(scope.filter_text) or (scope.queue is not None and queue is None)
    if snapshot is None or is_filtered or page.total.exactness is not Exactness.CAPPED:
        return page.total
    count = tab_count(scope.tab, snapshot, queue)
    return count if (count.value or 0) > (page.total.value or 0) else page.total


def _filter_shown(scope: Scope, snapshot: Snapshot | None) -> str:
    """Return the filter with a registered worker as host and process id, which the filter accepts too."""
    workers = () if snapshot is None else snapshot.workers
    one = next((worker for worker in workers if scope.filter_text == worker_filter(worker.id)), None)
    return scope.filter_text if one is None else f"worker:{worker_name(one.id, workers)}"


def lay_out_crumbs(way: Sequence[Span], extent: Sequence[Span], notes: Sequence[str], width: int) -> list[TextLine]:
    """Return the path on as many lines as it needs, the size, and the notes below."""
    lines = flow(way, width, _MOST_LINES)
    if cells_of(lines[-1].left) + _GAP_CELLS + cells_of(extent) <= width:
        lines[-1] = line_of(*lines[-1].left, right=extent)
    elif extent:
        lines.append(line_of(right=extent))
    told = [text for note in notes for text in wrap(sanitize(note, _FILTER_CAP), width - 2)]
    shown = first_lines(told, width - 2, _MOST_NOTE_LINES)
    return lines + [line_of(say(f" {text}", Tone.WARNING, _FILTER_CAP)) for text in shown]


def _extent(
    page: Page | None, count: Measured[int] | None, snapshot: Snapshot | None, looked_before: int
) -> Iterable[Span]:
    if page is None or count is None:
        yield say("not read ", Tone.MUTED)
        return
    if page.looked is not None:
        found = f"{len(page.jobs):,} found" if page.jobs else "none found"
        yield say(f"{found} in {looked_before + page.looked:,} looked through ", Tone.MUTED)
        return
    total = count_text(count)
    if count.value is None:
        yield say(f"{len(page.jobs):,} shown ", Tone.MUTED)
        return
    told = count.exactness.value + _counted_ago(count, None if snapshot is None else snapshot.now)
    yield say(f"{len(page.jobs):,} of {total} {told} ", Tone.MUTED)


def _counted_ago(count: Measured[int], now: datetime | None) -> str:
    """Return the age of a count that is older than a few polls."""
    age_s = None if now is None else old_s(count, now)
    return "" if age_s is None else f", counted {age_text(age_s)} ago"
