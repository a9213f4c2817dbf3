"""The life of each job as a row, and the lines about one of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from queuetui.model.event import EventKind
from queuetui.model.query import Sort
from queuetui.model.text import SafeText, Untrusted, sanitize
from queuetui.monitor.lives import Life
from queuetui.tui.present.ages import ABSENT, age_text, took_text
from queuetui.tui.present.cells import Align
from queuetui.tui.present.event_lines import tone_of_kind
from queuetui.tui.present.event_rows import time_text
from queuetui.tui.present.identity import short_id
from queuetui.tui.present.lines import TextLine, line_of, say, wrap
from queuetui.tui.present.row_order import Value, in_order
from queuetui.tui.present.table import Cell, Column, Row
from queuetui.tui.present.tones import Tone

_TEXT_CAP = 2000
_STEPS = (
    ("created", EventKind.JOB_CREATED),
    ("scheduled", EventKind.JOB_SCHEDULED),
    ("started", EventKind.JOB_STARTED),
    ("ended", EventKind.JOB_COMPLETED),
)
LIFE_COLUMNS = (
    Column("job", "job", 8, 16, priority=0),
    Column("created", "created", 12, priority=1),
    Column("scheduled", "scheduled", 12, priority=6),
    Column("started", "started", 12, priority=4),
    Column("ended", "ended", 12, priority=5),
    Column("waited", "waited", 8, align=Align.RIGHT, priority=2),
    Column("ran", "ran", 8, align=Align.RIGHT, priority=2),
    Column("end", "end", 14, priority=0),
    Column("gaps", "gaps", 14, 200, flex=3, priority=3, rest=True),
)
LIFE_ORDER: tuple[Sort, ...] = ()


def life_rows(lives: Sequence[Life], now: datetime, order: Sort | None) -> list[Row]:
    """Return a row for each life."""
    return [
        Row(
            life.job_id,
            (
                Cell(sanitize(short_id(life.job_id))),
                *(Cell(_at(life, step, now), Tone.MUTED) for _, step in _STEPS),
                Cell(took_text(waited_s(life))),
                Cell(took_text(ran_s(life))),
                _end_cell(life),
                Cell(sanitize("; ".join(life.gaps)), Tone.WARNING),
            ),
        )
        for life in in_order(lives, order, _value)
    ]


def waited_s(life: Life) -> float | None:
    """Return the time from its creation to its last start."""
    return _between(life.at(EventKind.JOB_CREATED), life.at(EventKind.JOB_STARTED))


def ran_s(life: Life) -> float | None:
    """Return the duration of its last run; None while it has not ended."""
    return None if life.end is None else _between(life.at(EventKind.JOB_STARTED), life.at(EventKind.JOB_COMPLETED))


def life_lines(life: Life, now: datetime, width: int, most: int) -> list[TextLine]:
    """Return the lines about a life: each step with its time, and each gap."""
    told = [f"job {sanitize(Untrusted(life.job_id))}  {_end_cell(life).text}"]
    told.append("  ".join(_step_told(name, life.at(step), now) for name, step in _STEPS))
    lines = [(part, Tone.PLAIN) for text in told for part in wrap(sanitize(text, _TEXT_CAP), width)]
    lines += [(part, Tone.WARNING) for gap in life.gaps for part in wrap(sanitize(f"gap: {gap}", _TEXT_CAP), width)]
    return [line_of(say(part, tone, _TEXT_CAP)) for part, tone in lines][:most]


def _step_told(name: str, at: datetime | None, now: datetime) -> str:
    return f"{name} -" if at is None else f"{name} {time_text(at, now)} ({age_text((now - at).total_seconds())} ago)"


def _at(life: Life, step: EventKind, now: datetime) -> SafeText:
    at = life.at(step)
    is_over = step is not EventKind.JOB_COMPLETED or life.end is not None
    return ABSENT if at is None or not is_over else time_text(at, now)


def _end_cell(life: Life) -> Cell:
    if life.end is not None:
        return Cell(sanitize(life.end.value), tone_of_kind(life.end))
    begun = "running" if life.at(EventKind.JOB_STARTED) is not None else "waiting"
    return Cell(sanitize(begun), Tone.PROCESSING if begun == "running" else Tone.PENDING)


def _between(begin: datetime | None, end: datetime | None) -> float | None:
    return None if begin is None or end is None else (end - begin).total_seconds()


def _value(key: str, life: Life) -> Value | None:
    """Return the value by which a column orders lives."""
    match key:
        case "job":
            return life.job_id
        case "waited":
            return waited_s(life)
        case "ran":
            return ran_s(life)
        case "end":
            return _end_cell(life).text
        case "gaps":
            return -len(life.gaps)
        case _:
            at = life.at(dict(_STEPS)[key])
            return None if at is None else at.timestamp()
