"""The events of a job, as lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from queuetui.model.event import Event, EventKind
from queuetui.model.text import SafeText, Untrusted, sanitize
from queuetui.model.worker import WorkerInfo
from queuetui.tui.present.ages import age_text
from queuetui.tui.present.lines import Span, TextLine, line_of, say
from queuetui.tui.present.progress import progress_text
from queuetui.tui.present.tones import Tone
from queuetui.tui.present.worker_rows import worker_text

_KIND_CELLS = 20
_TONES = {
    EventKind.JOB_COMPLETED: Tone.STRONG,
    EventKind.JOB_FAILED: Tone.FAILED,
    EventKind.JOB_LOST: Tone.FAILED,
    EventKind.JOB_RETRIED: Tone.WARNING,
    EventKind.WORKER_LOST: Tone.FAILED,
    EventKind.QUEUE_PAUSED: Tone.WARNING,
    EventKind.QUEUE_EVENTS_OFF: Tone.WARNING,
}


def event_lines(events: Sequence[Event] | None, now: datetime, workers: Sequence[WorkerInfo] = ()) -> list[TextLine]:
    """Return a line for each event, the latest first; None means that the store keeps no events."""
    if events is None:
        return [line_of(say("No record is kept here of what happens to a job.", Tone.MUTED))]
    if not events:
        hint = "No event of this job is kept: they are too old, or off for its queue (queuetui queues events)."
        return [line_of(say(hint, Tone.MUTED))]
    return [_line(event, now, workers) for event in events]


def tone_of_kind(kind: EventKind) -> Tone:
    """Return the tone of a kind of event: failures stand out."""
    return _TONES.get(kind, Tone.PLAIN)


def fact_text(name: str, value: Untrusted | datetime | int, now: datetime) -> SafeText:
    """Return one fact with its name, such as `due 02:51:07`; a time of another day includes the day."""
    label = name.removesuffix("_at").replace("_", " ")
    if isinstance(value, datetime):
        return sanitize(
            f"{label} {value:%H:%M:%S}" if value.date() == now.date() else f"{label} {value:%m-%d %H:%M:%S}"
        )
    return sanitize(f"{label} {told_text(name, value) if isinstance(value, Untrusted) else value}")


def told_text(name: str, value: Untrusted) -> SafeText:
    """Return the value of an event's fact as text; progress is shown as in the detail of a job."""
    return progress_text(value) if name == "progress" else sanitize(value)


def _line(event: Event, now: datetime, workers: Sequence[WorkerInfo]) -> TextLine:
    ago = age_text((now - event.at).total_seconds())
    spans = [
        say(f"{event.at:%Y-%m-%d %H:%M:%S} UTC  {ago:>5} ago  ", Tone.MUTED),
        say(f"{event.kind.value:<{_KIND_CELLS}}", tone_of_kind(event.kind)),
    ]
    if event.worker is not None:
        spans.append(say(f"on {worker_text(event.worker, workers)}  "))
    for name, value in event.data.items():
        spans += _fact(name, value)
    return line_of(*spans)


def _fact(name: str, value: Untrusted | datetime | int) -> list[Span]:
    label = say(f"{name.removesuffix('_at').replace('_', ' ')} ", Tone.MUTED)
    if isinstance(value, Untrusted):
        return [label, say(told_text(name, value)), say("  ")]
    return [label, say(f"{value:%H:%M:%S}  " if isinstance(value, datetime) else f"{value}  ")]
