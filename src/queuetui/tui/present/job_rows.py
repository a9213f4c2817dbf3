"""A job as a row of the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from queuetui.model.job import Job
from queuetui.model.state import FINAL, State
from queuetui.model.text import SafeText, Untrusted, sanitize
from queuetui.model.verdict import Severity, Verdict
from queuetui.model.worker import WorkerInfo
from queuetui.tui.present.ages import ABSENT, age_text, due_text
from queuetui.tui.present.identity import class_part, short_id, short_type
from queuetui.tui.present.job_columns import AGE, STATE_AND_TIME, STUCK_ALONE, WHOLE_ID
from queuetui.tui.present.table import Cell, Column, Row
from queuetui.tui.present.tones import Tone
from queuetui.tui.present.worker_rows import worker_name

STUCK_SIGN = "!"


def make_rows(
    jobs: Sequence[Job],
    verdicts: Mapping[str, Verdict] | None,
    now: datetime,
    columns: Sequence[Column],
    workers: Sequence[WorkerInfo] = (),
) -> list[Row]:
    """Return a row for each job, keyed by its true id."""
    judged = verdicts or {}
    return [make_row(job, judged.get(job.ref.id), now, columns, workers) for job in jobs]


def make_row(
    job: Job,
    verdict: Verdict | None,
    now: datetime,
    columns: Sequence[Column],
    workers: Sequence[WorkerInfo] = (),
) -> Row:
    """Return the cells of one job for these columns."""
    return Row(job.ref.id, tuple(_cell(column, job, verdict, now, workers) for column in columns))


def _cell(  # noqa: PLR0911 - one return a column reads best
    column: Column, job: Job, verdict: Verdict | None, now: datetime, workers: Sequence[WorkerInfo]
) -> Cell:
    match column.key:
        case "id":
            return Cell(sanitize(Untrusted(job.ref.id) if column == WHOLE_ID else short_id(job.ref.id)), Tone.MUTED)
        case "type":
            return Cell(sanitize(short_type(job)))
        case "queue":
            return Cell(sanitize(job.queue))
        case "state":
            return _state_cell(column, job, verdict, now)
        case "age":
            text = created_ago(job, now) if column.title == AGE.title else age_of(job, now)
            return Cell(text, Tone.STUCK if is_stuck(verdict) else None)
        case "att":
            return Cell(attempts_text(job))
        case "data":
            return Cell(_optional(job.data))
        case "prio":
            return Cell(ABSENT if job.priority is None else sanitize(str(job.priority)))
        case "worker":
            return Cell(sanitize("") if job.worker is None else worker_name(job.worker, workers))
        case _:
            return why_cell(job, verdict)


def is_stuck(verdict: Verdict | None) -> bool:
    """Whether a verdict makes a job stuck."""
    return verdict is not None and verdict.stuck


def tone_of(job: Job, verdict: Verdict | None) -> Tone:
    """Return the tone of a job: that of stuck jobs, else that of its state."""
    return Tone.STUCK if is_stuck(verdict) else Tone(job.state.value)


def age_of(job: Job, now: datetime) -> SafeText:
    """Return how long a job has been running, due or ended, or the time until it is due."""
    if job.state in {State.SCHEDULED, State.RETRYING}:
        return due_text(None if job.scheduled_at is None else (job.scheduled_at - now).total_seconds())
    since = _since(job)
    return age_text(None if since is None else (now - since).total_seconds(), is_running=job.state is State.PROCESSING)


def created_ago(job: Job, now: datetime) -> SafeText:
    """Return the age of a job since its creation, or since its end where the creation is unknown."""
    since = job.created_at or job.completed_at
    return age_text(None if since is None else (now - since).total_seconds())


def attempts_text(job: Job) -> SafeText:
    """Return `1/3`, `1` where the store keeps no limit, or `-` where it counts no attempts."""
    if job.attempts is None:
        return ABSENT
    limit = "" if job.max_attempts is None else f"/{job.max_attempts}"
    return sanitize(f"{job.attempts}{limit}")


def why_cell(job: Job, verdict: Verdict | None) -> Cell:
    """Return the most important fact of a job in a few words: a bad verdict, else its error."""
    if verdict is not None and verdict.stuck:
        return Cell(sanitize(f"{verdict.code.value}  {verdict.summary}"), Tone.STUCK)
    if job.error is not None:
        return Cell(message_text(job), Tone.FAILED if job.state is State.FAILED else Tone.MUTED)
    if verdict is not None and verdict.severity >= Severity.INFO:
        return Cell(sanitize(f"{verdict.code.value}  {verdict.summary}"), Tone.MUTED)
    return Cell(sanitize(""))


def error_text(job: Job) -> SafeText:
    """Return class and message of a job's last error on one line."""
    if job.error is None:
        return ABSENT
    name = class_part(job.error.class_name)
    message = sanitize(job.error.message)
    return sanitize(f"{name}: {message}" if name else message)


def message_text(job: Job) -> SafeText:
    """Return a job's last error: the message first, then the class, which many jobs share."""
    if job.error is None:
        return ABSENT
    message = sanitize(job.error.message)
    name = class_part(job.error.class_name)
    return sanitize(f"{message} ({name})") if message.strip() and name else error_text(job)


def _state_cell(column: Column, job: Job, verdict: Verdict | None, now: datetime) -> Cell:
    """Return the state, with its time where the list has no column for it.

    Of a state that all jobs have, only the mark of a stuck job is shown.
    """
    sign = STUCK_SIGN if is_stuck(verdict) else ""
    word = "" if column == STUCK_ALONE else job.state.value
    time = f" {age_of(job, now)}" if column == STATE_AND_TIME else ""
    return Cell(sanitize(f"{word}{sign}{time}"), tone_of(job, verdict))


def _since(job: Job) -> datetime | None:
    if job.state is State.PROCESSING:
        return job.started_at or job.claimed_at
    if job.state in FINAL:
        return job.completed_at or job.updated_at
    return job.scheduled_at or job.created_at


def _optional(text: Untrusted | None) -> SafeText:
    return sanitize("") if text is None else sanitize(text)
