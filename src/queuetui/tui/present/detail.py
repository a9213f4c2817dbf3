"""A job as the lines of each tab of its screen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from queuetui.model.job import Attempt, Job, JobError
from queuetui.model.state import State
from queuetui.model.text import DETAIL_CAP, Untrusted, sanitize
from queuetui.model.verdict import Verdict
from queuetui.model.worker import WorkerInfo
from queuetui.monitor.diagnosis.words import evidence_in_words
from queuetui.tui.present.ages import age_text, took_text
from queuetui.tui.present.event_lines import event_lines
from queuetui.tui.present.explanation import next_text
from queuetui.tui.present.job_rows import age_of, attempts_text, error_text, is_stuck, tone_of
from queuetui.tui.present.lines import BLANK, Span, TextLine, line_of, say, wrap_spans
from queuetui.tui.present.progress import progress_text
from queuetui.tui.present.run_lines import run_lines
from queuetui.tui.present.tones import Tone
from queuetui.tui.present.worker_rows import worker_text

if TYPE_CHECKING:
    from queuetui.monitor.feed import Detail

_LABEL_CELLS = 16
_SENTENCE_CAP = 4000
TAB_NAMES = ("Summary", "Why", "Payload", "Error", "Attempts", "Events")


def tab_lines(
    name: str, detail: Detail, now: datetime, workers: Sequence[WorkerInfo], *, may_act: bool = True
) -> list[TextLine]:
    """Return the text of one tab."""
    makers: dict[str, Callable[[], list[TextLine]]] = {
        "Summary": lambda: summary_lines(detail.job, detail.verdict, now, workers),
        "Why": lambda: [*why_lines(detail.job, detail.verdict, may_act=may_act), *gap_lines(detail.gap)],
        "Payload": lambda: payload_lines(detail.job),
        "Error": lambda: error_lines(detail.job.error),
        "Attempts": lambda: [*attempts_lines(detail.job, detail.attempts, now, workers), *run_lines(detail.runs, now)],
        "Events": lambda: [*gap_lines(detail.gap), *event_lines(detail.events, now, workers)],
    }
    return makers[name]()


def tabs_line(chosen: str) -> TextLine:
    """Return the names of the tabs, the chosen one in brackets."""
    return line_of(
        say(" "),
        *(
            say(f"[{name}] " if name == chosen else f" {name}  ", Tone.STRONG if name == chosen else Tone.MUTED)
            for name in TAB_NAMES
        ),
    )


def summary_lines(
    job: Job, verdict: Verdict | None, now: datetime, workers: Sequence[WorkerInfo] = (), *, with_why: bool = True
) -> list[TextLine]:
    """Return the lines of a job's summary: its type, queue, state and times."""
    state = f"{job.state.value}{' (stuck)' if is_stuck(verdict) else ''}, {age_of(job, now)}"
    lines: list[TextLine | None] = [
        _field("id", Untrusted(job.ref.id)),
        _field("type", job.type),
        _field("name", job.name),
        _field("queue", job.queue),
        line_of(_label("state"), say(state, tone_of(job, verdict))),
        _field("why", None if verdict is None or not with_why else f"{verdict.code.value}: {verdict.summary}"),
        _field("data", job.data),
        BLANK,
        _field("attempts", attempts_text(job) + (f", lost {job.lost}" if job.lost else "")),
        _field("priority", None if job.priority is None else str(job.priority)),
        _field("worker", None if job.worker is None else worker_text(job.worker, workers)),
        _field("progress", None if job.progress is None else progress_text(job.progress)),
        _field("error", error_text(job) if job.error is not None else None),
        _field("result", job.result),
        BLANK,
        *(_time(label, at, now) for label, at in _times(job)),
        BLANK,
        _field("correlation id", job.correlation_id),
        _field("key", job.idempotency_key),
        _field("tags", ", ".join(sanitize(tag) for tag in job.tags) or None),
        _field("needs", ", ".join(sanitize(tag) for tag in job.needs) or None),
        _field("waits for", ", ".join(sanitize(one) for one in job.waits_for) or None),
        *(_field("remark", remark) for remark in job.remarks),
    ]
    return _without_holes(lines)


def pane_lines(
    job: Job,
    verdict: Verdict | None,
    now: datetime,
    width: int,
    workers: Sequence[WorkerInfo] = (),
    *,
    may_act: bool = True,
) -> list[TextLine]:
    """Return the lines beside a wide table: verdict, summary, error and payload."""
    summary = summary_lines(replace(job, error=None), verdict, now, workers, with_why=False)
    blocks = [why_lines(job, verdict, may_act=may_act), summary]
    if job.error is not None:
        blocks.append([line_of(say("error", Tone.STRONG)), *error_lines(job.error)])
    blocks.append([line_of(say("payload", Tone.STRONG)), *payload_lines(job)])
    return [row for block in blocks for line in (*block, BLANK) for row in wrap_spans(line, width)]


def why_lines(job: Job, verdict: Verdict | None, *, may_act: bool = True) -> list[TextLine]:
    """Return the verdict with its evidence and the next step."""
    if verdict is None:
        return [line_of(say("Nothing was judged of this job.", Tone.MUTED))]
    tone = tone_of(job, verdict) if verdict.stuck else Tone.STRONG
    lines = [
        line_of(say(f"{verdict.code.value}  ", tone), say(verdict.severity.name.lower(), Tone.MUTED)),
        line_of(say(f"{verdict.summary}.", cap=_SENTENCE_CAP)),
        BLANK,
    ]
    step = next_text(verdict, may_act=may_act)
    if step:
        lines += [line_of(say(step, Tone.STRONG, _SENTENCE_CAP)), BLANK]
    lines.append(line_of(_label("confidence"), say(verdict.confidence)))
    if evidence := evidence_in_words(verdict):
        lines.append(line_of(say("read from", Tone.MUTED)))
        lines += [line_of(_label(name), say(value)) for name, value in evidence]
    return lines


def gap_lines(gap: Verdict | None) -> list[TextLine]:
    """Return the gaps between the events and the job, with what to look at; empty without gaps."""
    if gap is None:
        return []
    lines = [line_of(say(f"{gap.code.value}: {gap.summary}.", Tone.WARNING, _SENTENCE_CAP))]
    if step := next_text(gap):
        lines.append(line_of(say(step, Tone.STRONG, _SENTENCE_CAP)))
    return [BLANK, *lines, BLANK]


def payload_lines(job: Job) -> list[TextLine]:
    """Return the payload, indented if it is JSON, and the result."""
    lines = _text_lines(_set_out(job.payload))
    if not job.payload_whole:
        lines.append(line_of(say("(cut: the store holds more)", Tone.WARNING)))
    return lines or [line_of(say("The payload is empty.", Tone.MUTED))]


def error_lines(error: JobError | None) -> list[TextLine]:
    """Return class, message and traceback."""
    if error is None:
        return [line_of(say("This job has no error.", Tone.MUTED))]
    return [
        line_of(say(error.class_name, Tone.FAILED, _SENTENCE_CAP)),
        *_text_lines(error.message.raw, Tone.STRONG),
        BLANK,
        *_text_lines(error.traceback.raw),
    ]


def attempts_lines(
    job: Job, attempts: Iterable[Attempt], now: datetime, workers: Sequence[WorkerInfo] = ()
) -> list[TextLine]:
    """Return the kept attempts, the latest first."""
    lines: list[TextLine] = []
    for attempt in sorted(attempts, key=lambda one: one.fence, reverse=True):
        took_s = None
        if attempt.started_at is not None and attempt.ended_at is not None:
            took_s = (attempt.ended_at - attempt.started_at).total_seconds()
        when = "its times are not kept" if attempt.ended_at is None and took_s is None else ""
        if attempt.ended_at is not None:
            when = f"{age_text((now - attempt.ended_at).total_seconds())} ago"
        if took_s is not None:
            when = f"{when}, took {took_text(took_s)}"
        who = "" if attempt.worker is None else f"  on {worker_text(attempt.worker, workers)}"
        lines.append(
            line_of(
                say(f"run {attempt.fence}  ", Tone.MUTED),
                say(attempt.outcome, Tone.STRONG),
                say(f"  {when}{who}"),
            )
        )
        if attempt.error is not None:
            lines.append(
                line_of(
                    say("    "),
                    say(attempt.error.class_name, Tone.FAILED),
                    say(": "),
                    say(attempt.error.message, cap=_SENTENCE_CAP),
                )
            )
    if not lines:
        count = attempts_text(job)
        lines.append(line_of(say(f"Attempts: {count}. No ended run of this job is kept on record.", Tone.MUTED)))
    return lines


def _set_out(payload: Untrusted) -> str:
    """Return JSON indented; any other text, and JSON that is too large to parse quickly, unchanged."""
    if len(payload) > DETAIL_CAP:
        return payload.raw
    try:
        return json.dumps(json.loads(payload.raw), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return payload.raw


def _text_lines(text: str, tone: Tone = Tone.PLAIN) -> list[TextLine]:
    safe = sanitize(Untrusted(text), DETAIL_CAP, keep_newlines=True)
    lines = [line_of(say(line, tone, DETAIL_CAP * 10)) for line in safe.split("\n")] if safe else []
    if len(text) > DETAIL_CAP:
        lines.append(line_of(say(f"(cut: {DETAIL_CAP:,} of {len(text):,} characters are shown)", Tone.WARNING)))
    return lines


def _times(job: Job) -> list[tuple[str, datetime | None]]:
    return [
        ("created", job.created_at),
        ("due", job.scheduled_at),
        ("claimed", job.claimed_at),
        ("started", job.started_at),
        ("completed" if job.state is State.COMPLETED else "ended", job.completed_at),
        ("updated", job.updated_at),
        ("lease until", job.lease_until),
        ("cancel asked", job.cancel_requested_at),
    ]


def _label(name: str) -> Span:
    return say(f"{name:<{_LABEL_CELLS}}", Tone.MUTED)


def _field(name: str, value: Untrusted | str | None) -> TextLine | None:
    return None if value is None or not value else line_of(_label(name), say(value, cap=_SENTENCE_CAP))


def _time(name: str, at: datetime | None, now: datetime) -> TextLine | None:
    if at is None:
        return None
    distance_s = (now - at).total_seconds()
    when = f"{age_text(distance_s)} ago" if distance_s >= 0 else f"in {age_text(-distance_s)}"
    return line_of(_label(name), say(f"{at:%Y-%m-%d %H:%M:%S} UTC  "), say(when, Tone.MUTED))


def _without_holes(lines: Iterable[TextLine | None]) -> list[TextLine]:
    """Leave out unknown values, and repeated blank lines."""
    kept: list[TextLine] = []
    for line in lines:
        if line is not None and not (line == BLANK and (not kept or kept[-1] == BLANK)):
            kept.append(line)
    return kept
