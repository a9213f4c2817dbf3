"""A schedule as a row of the table."""

from __future__ import annotations

from datetime import datetime

from queuetui.model.clock import LATEST
from queuetui.model.picture import Picture
from queuetui.model.query import Sort
from queuetui.model.schedule_info import ScheduleInfo
from queuetui.model.text import SafeText, sanitize
from queuetui.tui.present.ages import ABSENT, age_text, due_text
from queuetui.tui.present.cells import Align
from queuetui.tui.present.explanation import next_text
from queuetui.tui.present.lines import TextLine, line_of, say, wrap
from queuetui.tui.present.row_order import Value, in_order
from queuetui.tui.present.table import Cell, Column, Row
from queuetui.tui.present.tones import Tone

_SENTENCE_CAP = 1000

SCHEDULE_COLUMNS = (
    Column("name", "name", 14, 40, flex=3, priority=0),
    Column("timing", "when", 13, 36, flex=2, priority=1),
    Column("next", "next", 8, align=Align.RIGHT, priority=0),
    Column("last", "last", 5, align=Align.RIGHT, priority=2),
    Column("state", "last job", 10, priority=1),
    Column("standing", "standing", 14, 30, flex=1, priority=0),
    Column("type", "type", 12, 30, flex=1, priority=3),
    Column("queue", "queue", 8, 20, flex=1, priority=4),
    Column("source", "from", 5, priority=5),
)


SCHEDULE_ORDER = (Sort("standing", descending=False), Sort("next", descending=False))


def schedule_rows(picture: Picture, order: Sort | None = None) -> list[Row]:
    """Return a row for each schedule: overdue ones first, then by the next slot, paused ones last."""
    own = sorted(picture.schedules, key=lambda one: (_rank(one), one.next_at or LATEST, one.name))
    ordered = in_order(own, order, lambda key, one: _value(key, one, picture.snapshot.now))
    return [
        Row(one.name.raw, tuple(_cell(column.key, one, picture.snapshot.now) for column in SCHEDULE_COLUMNS))
        for one in ordered
    ]


def _rank(schedule: ScheduleInfo) -> int:
    """Return the rank of a schedule: those that need attention first."""
    return 0 if schedule.is_overdue else 2 if schedule.is_paused else 1


def _value(key: str, schedule: ScheduleInfo, now: datetime) -> Value | None:  # noqa: PLR0911 - one return a column reads best
    """Return the value by which a column orders schedules."""
    match key:
        case "name":
            return schedule.name.raw
        case "timing":
            return timing_text(schedule)
        case "next":
            next_at = None if schedule.is_paused else schedule.next_at
            return None if next_at is None else (next_at - now).total_seconds()
        case "last":
            return None if schedule.last_slot_at is None else (now - schedule.last_slot_at).total_seconds()
        case "state":
            return None if schedule.last_state is None else schedule.last_state.value
        case "standing":
            return _rank(schedule)
        case "type":
            return schedule.type.raw
        case "queue":
            return None if schedule.queue is None else schedule.queue.raw
        case _:
            return _source(schedule)


def _source(schedule: ScheduleInfo) -> str:
    return "" if schedule.declared is None else "code" if schedule.declared else "hand"


def timing_text(schedule: ScheduleInfo) -> SafeText:
    """Return the times of its slots, such as `every 90 s` or `30 2 * * 1-5 Europe/Berlin`."""
    if schedule.every_s is not None:
        return sanitize(f"every {schedule.every_s} s")
    if schedule.cron is None:
        return ABSENT
    zone = sanitize(schedule.tz)
    return sanitize(f"{sanitize(schedule.cron)}{'' if zone == 'UTC' else f' {zone}'}")


def schedule_lines(schedule: ScheduleInfo, width: int, most: int) -> list[TextLine]:
    """Return at most `most` lines about a schedule: its state, the next step, its job."""
    verdict = schedule.verdict
    tone = Tone.STUCK if schedule.is_overdue else Tone.PLAIN
    told = [(f"{sanitize(schedule.name, 60)} {verdict.code.value}: {verdict.summary}.", tone)]
    if step := next_text(verdict).replace(
        "Next: ", "Next: P here, or " if schedule.paused_at is not None else "Next: "
    ):
        told.append((step, Tone.STRONG))
    if terms := [term for term in _terms(schedule) if term not in {"", ABSENT}]:
        told.append(("; ".join(terms), Tone.PLAIN))
    given = "" if schedule.payload is None else f" with {sanitize(schedule.payload, 200)}"
    where = "" if schedule.queue is None else f" in {sanitize(schedule.queue, 60)}"
    told.append((f"makes {sanitize(schedule.type, 60)}{where}{given}", Tone.MUTED))
    lines = [
        line_of(say(part, tone, _SENTENCE_CAP))
        for text, tone in told
        for part in wrap(sanitize(text, _SENTENCE_CAP), width)
    ]
    return lines[:most]


def _terms(schedule: ScheduleInfo) -> tuple[str, str, str]:
    """Return its timing, its next slot, and its policy for missed slots."""
    next_text = "" if schedule.next_at is None else f"next {schedule.next_at:%a %Y-%m-%d %H:%M:%S} UTC"
    beside = "" if schedule.overlap else ", never beside its last job"
    policy = "" if schedule.missed is None else f"missed slots: {schedule.missed.value}{beside}"
    return timing_text(schedule), next_text, policy


def overdue_text(picture: Picture) -> str:
    """Return `1 of 4 overdue`."""
    overdue = sum(one.is_overdue for one in picture.schedules)
    return f"{overdue:,} of {len(picture.schedules):,} overdue"


def _cell(key: str, schedule: ScheduleInfo, now: datetime) -> Cell:  # noqa: PLR0911 - one return a column reads best
    match key:
        case "name":
            return Cell(sanitize(schedule.name), Tone.STRONG)
        case "timing":
            return Cell(timing_text(schedule))
        case "next":
            next_at = None if schedule.is_paused else schedule.next_at
            due = ABSENT if next_at is None else due_text((next_at - now).total_seconds())
            return Cell(due, Tone.STUCK if schedule.is_overdue else None)
        case "last":
            last_at = schedule.last_slot_at
            return Cell(ABSENT if last_at is None else age_text((now - last_at).total_seconds()))
        case "state":
            state = schedule.last_state
            return Cell(ABSENT) if state is None else Cell(sanitize(state.value), Tone(state.value))
        case "standing":
            return _standing(schedule, now)
        case "type":
            return Cell(sanitize(schedule.type))
        case "queue":
            return Cell(ABSENT if schedule.queue is None else sanitize(schedule.queue))
        case _:
            return Cell(sanitize(_source(schedule)) or ABSENT, Tone.MUTED)


def _standing(schedule: ScheduleInfo, now: datetime) -> Cell:
    if schedule.is_paused:
        by = "" if schedule.paused_by is None else f" {sanitize(schedule.paused_by, 60)}"
        return Cell(sanitize(f"PAUSED{by}"), Tone.WARNING)
    if schedule.next_at is None:
        return Cell(sanitize("not known"), Tone.MUTED)
    if schedule.is_overdue:
        return Cell(sanitize(f"OVERDUE {age_text((now - schedule.next_at).total_seconds())}"), Tone.STUCK)
    return Cell(sanitize("on time"), Tone.GOOD)
