"""An event as a row of the table, and the pane about the event under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from queuetui.model.event import Event, EventKind
from queuetui.model.filter_text import quote_value
from queuetui.model.query import Sort
from queuetui.model.text import SafeText, Untrusted, sanitize
from queuetui.model.worker import WorkerInfo
from queuetui.tui.event_scroll import EventScroll
from queuetui.tui.present.ages import age_text, took_text
from queuetui.tui.present.crumbs import lay_out_crumbs
from queuetui.tui.present.event_lines import fact_text, told_text, tone_of_kind
from queuetui.tui.present.identity import short_id
from queuetui.tui.present.lines import TextLine, line_of, say, wrap
from queuetui.tui.present.table import Cell, Column, Row
from queuetui.tui.present.tones import Tone
from queuetui.tui.present.worker_rows import worker_name, worker_text

_SENTENCE_CAP = 2000
_FILTER_CAP = 2000
# A due time within this span of the event is not shown.
_LATER = timedelta(seconds=1)
_WHOLE_ID_CELLS = 36

EVENT_COLUMNS = (
    Column("time", "time", 12, priority=0),
    Column("event", "event", 18, priority=0),
    Column("job", "job", 8, priority=0),
    Column("queue", "queue", 8, 16, flex=1, priority=2),
    Column("facts", "what", 20, 50, flex=3, priority=1, rest=True),
    Column("worker", "worker", 14, 26, flex=1, priority=3),
    Column("correlation", "correlation", 11, _WHOLE_ID_CELLS, flex=2, priority=4),
)

# The only order of the log.
EVENT_ORDER = (Sort("time", descending=True),)


def event_row(event: Event, now: datetime, workers: Sequence[WorkerInfo]) -> Row:
    """Return the cells of one event, keyed by its place in the log.

    Only the day changes as time passes.
    """
    return Row(
        event.cursor,
        (
            Cell(time_text(event.at, now), Tone.MUTED),
            Cell(sanitize(event.kind.value), tone_of_kind(event.kind)),
            Cell(sanitize("" if event.job_id is None else short_id(event.job_id))),
            Cell(_optional(event.queue)),
            Cell(facts_text(event, now, workers)),
            Cell(_worker(event, workers)),
            Cell(_correlation(event), Tone.MUTED),
        ),
    )


def time_text(at: datetime, now: datetime) -> SafeText:
    """Return the time to the millisecond, or the day and the minute when it was another day."""
    if at.date() == now.date():
        return sanitize(f"{at:%H:%M:%S}.{at.microsecond // 1000:03}")
    return sanitize(f"{at:%m-%d %H:%M}")


def facts_text(event: Event, now: datetime, workers: Sequence[WorkerInfo]) -> SafeText:
    """Return the facts of an event in a few words: its own text first, then times and attempt."""
    told = [sanitize(told_text(name, value), 120) for name, value in event.data.items() if isinstance(value, Untrusted)]
    if event.worker is not None and (event.job_id is None or event.kind is EventKind.JOB_SCHEDULED):
        told.insert(0, sanitize(f"{'' if event.job_id is None else 'to '}{_worker(event, workers)}"))
    if event.moment is not None and "due_at" in event.data:
        if event.moment - event.at >= _LATER:
            told.append(fact_text("due_at", event.moment, now))
    elif event.moment is not None and event.kind is not EventKind.JOB_STARTED:
        word = "after" if event.kind is EventKind.JOB_PROGRESS else "took"
        told.append(sanitize(f"{word} {took_text((event.at - event.moment).total_seconds())}"))
    if event.attempt is not None:
        told.append(fact_text("attempt", event.attempt, now))
    return sanitize("  ".join(told), 400)


def event_pane(event: Event, now: datetime, workers: Sequence[WorkerInfo], width: int, most: int) -> list[TextLine]:
    """Return at most `most` lines about the event under the cursor, with its texts in full."""
    about = "" if event.queue is None else f"  queue {sanitize(event.queue)}"
    ago = age_text((now - event.at).total_seconds())
    stamp = f"{event.at:%Y-%m-%d %H:%M:%S}.{event.at.microsecond // 1000:03} UTC, {ago} ago"
    told: list[tuple[str, Tone]] = [(f"{event.kind.value}{about}  {stamp}", tone_of_kind(event.kind))]
    names: list[str] = []
    if event.job_id is not None:
        names.append(f"job {sanitize(Untrusted(event.job_id))}")
    if event.correlation_id is not None:
        same = event.correlation_id.raw == event.job_id
        names.append(f"correlation {'its own id' if same else sanitize(event.correlation_id)}")
    if names:
        told.append(("  ".join(names), Tone.PLAIN))
    facts = [] if event.worker is None else [f"worker {worker_text(event.worker, workers)}"]
    facts += [fact_text(name, value, now) for name, value in event.data.items()]
    if facts:
        told.append(("  ".join(facts), Tone.PLAIN))
    lines = [
        line_of(say(part, tone, _SENTENCE_CAP))
        for text, tone in told
        for part in wrap(sanitize(text, _SENTENCE_CAP), width)
    ]
    return lines[:most]


def events_crumbs(
    filter_text: str, scroll: EventScroll, notes: Sequence[str], width: int, *, follows: bool, is_kept: bool
) -> list[TextLine]:
    """Return the subject of the table, whether it follows the log, and the number of new events."""
    spans = [say(" Events", Tone.STRONG)]
    if filter_text:
        spans += [say(" > ", Tone.MUTED), say(filter_text, Tone.STRONG, _FILTER_CAP)]
    if not is_kept:
        return lay_out_crumbs(spans, (), (), width)
    right = []
    held = f"{len(scroll.events):,}{'+' if scroll.has_more else ''}"
    if follows:
        right.append(say(f"newest {held}, following ", Tone.MUTED))
    elif scroll.newer:
        newer = f"{scroll.newer}{'+' if scroll.is_newer_capped else ''} newer"
        right += [say(f"{newer}, g shows them", Tone.WARNING), say(f"  {held} held ", Tone.MUTED)]
    else:
        right.append(say(f"{held} held, standing still; g follows ", Tone.MUTED))
    return lay_out_crumbs(spans, right, notes, width)


def job_term(event: Event) -> str | None:
    """Return the filter of the event's job."""
    return None if event.job_id is None else f"job:{quote_value(event.job_id)}"


def correlation_term(event: Event) -> str | None:
    """Return the filter of all jobs with the event's correlation id."""
    return None if event.correlation_id is None else f"correlation:{quote_value(event.correlation_id.raw)}"


def _worker(event: Event, workers: Sequence[WorkerInfo]) -> SafeText:
    if event.worker is None:
        return sanitize("")
    return worker_name(event.worker, workers)


def _correlation(event: Event) -> SafeText:
    """Return the correlation id, unless it is the job's own id."""
    if event.correlation_id is None or event.correlation_id.raw == event.job_id:
        return sanitize("")
    return sanitize(event.correlation_id)


def _optional(text: Untrusted | None) -> SafeText:
    return sanitize("") if text is None else sanitize(text)
