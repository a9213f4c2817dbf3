"""Dead letters as rows, and the error of one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from queuetui.model.job import Job
from queuetui.model.query import Sort
from queuetui.model.snapshot import Snapshot
from queuetui.model.text import DETAIL_CAP, sanitize
from queuetui.model.verdict import Verdict
from queuetui.tui.present.explanation import next_text
from queuetui.tui.present.identity import short_id, short_type
from queuetui.tui.present.job_columns import ATTEMPTS, ENDED, ID, QUEUE, TYPE_BESIDE_ERROR
from queuetui.tui.present.job_rows import age_of, attempts_text, error_text, message_text
from queuetui.tui.present.lines import TextLine, line_of, say, wrap
from queuetui.tui.present.row_order import Value, in_order
from queuetui.tui.present.table import Cell, Column, Row
from queuetui.tui.present.tones import Tone

_ERROR = Column("error", "error", 20, 200, flex=5, priority=0, rest=True)
_DATA = Column("data", "data", 12, 30, flex=1, priority=3, rest=True)
_QUEUE = replace(QUEUE, priority=4)

# At 80 cells queue, data and the error's message fit; the number of attempts is in the lines below the table.
FAILURE_ORDER = (Sort("age", descending=False),)
FAILURE_COLUMNS = (ID, TYPE_BESIDE_ERROR, _QUEUE, ENDED, ATTEMPTS, _DATA, _ERROR)


def failure_rows(snapshot: Snapshot, order: Sort | None = None) -> list[Row]:
    """Return a row for each dead letter, keyed by its true id."""
    jobs = in_order(snapshot.failures, order, lambda key, job: _value(key, job, snapshot.now))
    return [
        Row(
            job.ref.id,
            (
                Cell(sanitize(short_id(job.ref.id)), Tone.MUTED),
                Cell(sanitize(short_type(job))),
                Cell(sanitize(job.queue)),
                Cell(age_of(job, snapshot.now)),
                Cell(attempts_text(job)),
                Cell(sanitize("") if job.data is None else sanitize(job.data)),
                Cell(message_text(job), Tone.FAILED),
            ),
        )
        for job in jobs
    ]


def _value(key: str, job: Job, now: datetime) -> Value | None:
    """Return the value by which a column orders dead letters."""
    match key:
        case "id":
            return short_id(job.ref.id).raw
        case "type":
            return short_type(job).raw
        case "queue":
            return job.queue.raw
        case "age":
            return None if job.completed_at is None else (now - job.completed_at).total_seconds()
        case "att":
            return job.attempts
        case "data":
            return None if job.data is None else job.data.raw
        case _:
            return message_text(job)


def failure_lines(
    job: Job, verdict: Verdict | None, width: int, most: int, *, may_act: bool = True
) -> Sequence[TextLine]:
    """Return the error of a dead letter in at most `most` lines, the next step last."""
    advice = next_text(verdict, may_act=may_act).replace(job.ref.id, sanitize(short_id(job.ref.id)))
    step = wrap(sanitize(advice, 2000), width) if advice else []
    head = [line_of(say(f"{error_text(job)}", Tone.FAILED), right=[say(f"attempts {attempts_text(job)} ", Tone.MUTED)])]
    body: list[TextLine] = []
    if job.error is not None:
        trace = sanitize(job.error.traceback, DETAIL_CAP, keep_newlines=True)
        body = [line_of(say(line, Tone.MUTED, 2000)) for line in trace.split("\n") if line.strip()]
    room = max(0, most - len(head) - len(step))
    nearest_first = any(line.left[0].text.startswith("#1 ") for line in body)
    shown = body[:room] if nearest_first or not room else body[-room:]
    return [*head, *shown, *(line_of(say(text, Tone.STRONG, 2000)) for text in step)][:most]
