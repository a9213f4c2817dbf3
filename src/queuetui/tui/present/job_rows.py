"""A job as a row of the table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from queuetui.model.job import Job
from queuetui.model.state import FINAL, State
from queuetui.model.text import SafeText, Untrusted, sanitize
from queuetui.model.verdict import Severity, Verdict
from queuetui.tui.present.ages import ABSENT, age_text, due_text
from queuetui.tui.present.cells import Align
from queuetui.tui.present.identity import short_id, short_type
from queuetui.tui.present.tones import Tone
from queuetui.tui.widgets.table_layout import Column
from queuetui.tui.widgets.table_rows import Cell, Row

STUCK_SIGN = "!"

ID = Column("id", "id", 8, priority=0)
WHOLE_ID = Column("id", "id", 36, priority=0)
TYPE = Column("type", "type", 17, 34, flex=1, priority=1)
QUEUE = Column("queue", "queue", 8, 16, flex=1, priority=4)
STATE = Column("state", "state", 11, priority=0)
AGE = Column("age", "age", 8, align=Align.RIGHT, priority=2)
ATTEMPTS = Column("att", "att", 5, align=Align.RIGHT, priority=6)
DATA = Column("data", "data", 14, 44, flex=3, priority=5)
WHY = Column("why", "why", 20, 200, flex=4, priority=7)
WHY_FIRST = Column("why", "why", 20, 200, flex=4, priority=3)
PRIORITY = Column("prio", "prio", 5, align=Align.RIGHT, priority=8)
WORKER = Column("worker", "worker", 16, 30, flex=1, priority=9)

NORMAL = (ID, TYPE, QUEUE, STATE, AGE, ATTEMPTS, DATA, WHY)
TROUBLED = (ID, TYPE, QUEUE, STATE, AGE, ATTEMPTS, DATA, WHY_FIRST)
WIDE = (WHOLE_ID, STATE, AGE, ATTEMPTS, TYPE, PRIORITY, WORKER, QUEUE, DATA, WHY)

SORT_OF_COLUMN = {
    "type": "type",
    "queue": "queue",
    "state": "state",
    "age": "created",
    "att": "attempts",
    "prio": "priority",
}


def make_rows(
    jobs: Sequence[Job], verdicts: dict[str, Verdict] | None, now: datetime, columns: Sequence[Column]
) -> list[Row]:
    """Return a row for each job, keyed by its true id."""
    judged = verdicts or {}
    return [make_row(job, judged.get(job.ref.id), now, columns) for job in jobs]


def make_row(job: Job, verdict: Verdict | None, now: datetime, columns: Sequence[Column]) -> Row:
    """Return the cells of one job for these columns."""
    return Row(job.ref.id, tuple(_cell(column, job, verdict, now) for column in columns))


def _cell(column: Column, job: Job, verdict: Verdict | None, now: datetime) -> Cell:  # noqa: PLR0911 - one return a column reads best
    match column.key:
        case "id":
            return Cell(sanitize(Untrusted(job.ref.id) if column is WHOLE_ID else short_id(job.ref.id)), Tone.MUTED)
        case "type":
            return Cell(sanitize(short_type(job)))
        case "queue":
            return Cell(sanitize(job.queue))
        case "state":
            return _state_cell(job, verdict)
        case "age":
            return Cell(age_of(job, now), Tone.STUCK if is_stuck(verdict) else None)
        case "att":
            return Cell(attempts_text(job))
        case "data":
            return Cell(_optional(job.data))
        case "prio":
            return Cell(ABSENT if job.priority is None else sanitize(str(job.priority)))
        case "worker":
            return Cell(_optional(job.worker))
        case _:
            return why_cell(job, verdict)


def is_stuck(verdict: Verdict | None) -> bool:
    """Whether what was judged makes a job stuck."""
    return verdict is not None and verdict.stuck


def tone_of(job: Job, verdict: Verdict | None) -> Tone:
    """Return the tone of a job: stuck before its state."""
    return Tone.STUCK if is_stuck(verdict) else Tone(job.state.value)


def age_of(job: Job, now: datetime) -> SafeText:
    """Return how long a job has been what it is: running, due, ended; or how long until it is due."""
    if job.state in {State.SCHEDULED, State.RETRYING}:
        return due_text(None if job.scheduled_at is None else (job.scheduled_at - now).total_seconds())
    since = _since(job)
    return age_text(None if since is None else (now - since).total_seconds(), is_running=job.state is State.PROCESSING)


def attempts_text(job: Job) -> SafeText:
    """Return `1/3`, or `1` where the store keeps no limit."""
    limit = "" if job.max_attempts is None else f"/{job.max_attempts}"
    return sanitize(f"{job.attempts}{limit}")


def why_cell(job: Job, verdict: Verdict | None) -> Cell:
    """Return what matters about a job in few words: its verdict when it is wrong, else its error."""
    if verdict is not None and verdict.stuck:
        return Cell(sanitize(f"{verdict.code.value}  {verdict.summary}"), Tone.STUCK)
    if job.error is not None:
        return Cell(error_text(job), Tone.FAILED if job.state is State.FAILED else Tone.MUTED)
    if verdict is not None and verdict.severity >= Severity.INFO:
        return Cell(sanitize(f"{verdict.code.value}  {verdict.summary}"), Tone.MUTED)
    return Cell(sanitize(""))


def error_text(job: Job) -> SafeText:
    """Return class and message of a job's last error on one line."""
    if job.error is None:
        return ABSENT
    name = sanitize(job.error.class_name).rpartition("\\")[2]
    message = sanitize(job.error.message)
    return sanitize(f"{name}: {message}" if name else message)


def message_text(job: Job) -> SafeText:
    """Return what a job's last error says, for a narrow place: the class, which many share, only where it says nothing."""
    if job.error is None:
        return ABSENT
    message = sanitize(job.error.message)
    return message if message.strip() else error_text(job)


def _state_cell(job: Job, verdict: Verdict | None) -> Cell:
    sign = STUCK_SIGN if is_stuck(verdict) else ""
    return Cell(sanitize(f"{job.state.value}{sign}"), tone_of(job, verdict))


def _since(job: Job) -> datetime | None:
    if job.state is State.PROCESSING:
        return job.started_at or job.claimed_at
    if job.state in FINAL:
        return job.completed_at or job.updated_at
    return job.scheduled_at or job.created_at


def _optional(text: Untrusted | None) -> SafeText:
    return sanitize("") if text is None else sanitize(text)
