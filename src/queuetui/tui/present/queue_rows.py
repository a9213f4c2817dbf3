"""A queue as a row of a table."""

from __future__ import annotations

import math
from datetime import datetime

from queuetui.model.claim_rules import RulesInUse
from queuetui.model.measured import OLD_S, Measured, absent, old_s
from queuetui.model.picture import Picture
from queuetui.model.query import Sort
from queuetui.model.rates import RATE_MINUTES
from queuetui.model.snapshot import TALLY_MINUTES, QueueInfo
from queuetui.model.state import State
from queuetui.model.text import Untrusted, sanitize
from queuetui.tui.present.ages import ABSENT, age_text, took_text
from queuetui.tui.present.cells import Align
from queuetui.tui.present.numbers import age_mark, count_text, tight_count
from queuetui.tui.present.row_order import Value, in_order
from queuetui.tui.present.table import Cell, Column, Row
from queuetui.tui.present.tones import Tone

# A queue may have any name, so this key of the row `every queue` is one that no queue's row has.
_EVERY_QUEUE_KEY = "every"
_QUEUE_KEY = "queue "

_NAME = Column("queue", "queue", 14, 40, flex=3, priority=0)
_FLAG = Column("flag", "", 8, priority=1)
_PENDING = Column("pending", "pending", 8, align=Align.RIGHT, priority=2)
_RUNNING = Column("running", "running", 8, align=Align.RIGHT, priority=4)
_STUCK = Column("stuck", "stuck", 8, align=Align.RIGHT, priority=3)
_FAILED = Column("failed", "failed", 8, align=Align.RIGHT, priority=3)
_OLDEST = Column("oldest", "oldest", 6, align=Align.RIGHT, priority=5)
_RATE = Column("rate", f"done/min {RATE_MINUTES} m", 12, align=Align.RIGHT, priority=6)
_AVERAGE = Column("average", f"run avg {TALLY_MINUTES} m", 12, align=Align.RIGHT, priority=8)
_CONSUMERS = Column("consumers", "workers", 7, align=Align.RIGHT, priority=7)

QUEUE_ORDER = (Sort("queue", descending=False),)
_STATE_OF = {"pending": State.PENDING, "running": State.PROCESSING, "failed": State.FAILED}

QUEUE_PICK_COLUMNS = (_NAME, _FLAG, _PENDING, _STUCK, _FAILED)
QUEUE_COLUMNS = (_NAME, _FLAG, _PENDING, _RUNNING, _STUCK, _FAILED, _OLDEST, _RATE, _CONSUMERS, _AVERAGE)


def pick_rows(picture: Picture, text: str) -> list[Row]:
    """Return `every queue` and the queues whose name holds the text.

    If not all queues are known, the text is offered as the name of another one. `picked_queue` reads the keys.
    """
    needle = text.casefold()
    rows = [
        queue_row(queue, picture, QUEUE_PICK_COLUMNS)._replace(key=_QUEUE_KEY + queue.name.raw)
        for queue in picture.snapshot.queues
        if needle in queue.name.raw.casefold()
    ]
    if needle in "every queue":
        every = (Cell(sanitize("every queue"), Tone.STRONG), *(Cell(sanitize("")) for _ in QUEUE_PICK_COLUMNS[1:]))
        rows.insert(0, Row(_EVERY_QUEUE_KEY, every))
    if text and picture.snapshot.has_more_queues and all(queue.name.raw != text for queue in picture.snapshot.queues):
        blank = (Cell(sanitize("")) for _ in QUEUE_PICK_COLUMNS[2:])
        rows.append(
            Row(
                _QUEUE_KEY + text,
                (Cell(sanitize(Untrusted(text)), Tone.STRONG), Cell(sanitize("unlisted"), Tone.MUTED), *blank),
            )
        )
    return rows


def picked_queue(key: str) -> Untrusted | None:
    """Return the queue of a picked row, None for every queue."""
    return Untrusted(key.removeprefix(_QUEUE_KEY)) if key.startswith(_QUEUE_KEY) else None


def queue_rows(picture: Picture, late_after_s: float = math.inf, order: Sort | None = None) -> list[Row]:
    """Return a row for each queue, keyed by its true name.

    An oldest due time past the limit is in a warning's colour.
    """
    queues = in_order(picture.snapshot.queues, order, lambda key, queue: _value(key, queue, picture.snapshot.now))
    return [queue_row(queue, picture, QUEUE_COLUMNS, late_after_s) for queue in queues]


def _value(key: str, queue: QueueInfo, now: datetime) -> Value | None:
    """Return the value by which a column orders queues."""
    match key:
        case "queue":
            return queue.name.raw
        case "pending" | "running" | "failed":
            count = queue.counts.get(_STATE_OF[key])
            return None if count is None else count.value
        case "stuck":
            return queue.stuck.value
        case "oldest":
            return None if queue.oldest_due_at is None else waited_s(queue, now)
        case "rate":
            return None if queue.recent is None else queue.recent.done_per_minute
        case "consumers":
            return queue.consumers
        case _:
            return queue.average_s


def queue_row(queue: QueueInfo, picture: Picture, columns: tuple[Column, ...], late_after_s: float = math.inf) -> Row:
    """Return the cells of one queue."""
    use, now = picture.rules.get(queue.name.raw), picture.snapshot.now
    cells = {column.key: _cell(column.key, queue, use, now) for column in columns}
    if "oldest" in cells and waited_s(queue, now) > late_after_s:
        cells["oldest"] = Cell(cells["oldest"].text, Tone.WARNING)
    return Row(queue.name.raw, tuple(cells.values()))


def waited_s(queue: QueueInfo, now: datetime) -> float:
    """Return the age of a queue's oldest due job, 0 where none is due."""
    return 0.0 if queue.oldest_due_at is None else (now - queue.oldest_due_at).total_seconds()


def _flag_cell(queue: QueueInfo, use: RulesInUse | None) -> Cell:
    """Return whether a queue is paused, else whether a limit is reached, else whether events are off."""
    if queue.is_paused:
        return Cell(sanitize("PAUSED"), Tone.WARNING)
    if use is not None and use.problem:
        return Cell(sanitize("LIMITS?"), Tone.WARNING)
    if use is not None and any(use.is_reached(limit) for limit in use.rules.limits):
        return Cell(sanitize("FULL"), Tone.WARNING)
    if queue.logs_events is False:
        return Cell(sanitize("unlogged"), Tone.MUTED)
    return Cell(sanitize(""), Tone.WARNING) if use is None else Cell(sanitize("limits"), Tone.MUTED)


def _cell(key: str, queue: QueueInfo, use: RulesInUse | None, now: datetime) -> Cell:
    match key:
        case "queue":
            return Cell(sanitize(queue.name), Tone.STRONG)
        case "flag":
            return _flag_cell(queue, use)
        case "pending":
            return _count(queue.counts.get(State.PENDING), None, now)
        case "running":
            return _count(queue.counts.get(State.PROCESSING), Tone.PROCESSING, now)
        case "stuck":
            return _count(queue.stuck, Tone.STUCK, now)
        case "failed":
            return _count(queue.counts.get(State.FAILED), Tone.FAILED, now)
        case _:
            return _measure_cell(key, queue, now)


def _measure_cell(key: str, queue: QueueInfo, now: datetime) -> Cell:
    if key == "oldest":
        read_s = 0.0 if queue.oldest_read_at is None else (now - queue.oldest_read_at).total_seconds()
        mark = f" {age_mark(read_s)}" if read_s >= OLD_S else ""
        due_s = None if queue.oldest_due_at is None else (now - queue.oldest_due_at).total_seconds()
        return Cell(sanitize(f"{age_text(due_s)}{mark}"))
    if key == "rate":
        return Cell(ABSENT if queue.recent is None else sanitize(f"{queue.recent.done_per_minute:.1f}"))
    if key == "consumers":
        nobody = queue.consumers == 0
        return Cell(
            ABSENT if queue.consumers is None else sanitize(str(queue.consumers)), Tone.STUCK if nobody else None
        )
    return Cell(took_text(queue.average_s))


def _count(count: Measured[int] | None, tone: Tone | None, now: datetime) -> Cell:
    """Return a count; one that is older than a few polls is dimmed, short, and followed by its age."""
    known = absent("not kept") if count is None else count
    if (age_s := old_s(known, now)) is not None:
        return Cell(sanitize(f"{tight_count(known)}{age_mark(age_s)}"), Tone.MUTED)
    return Cell(count_text(known), tone if known.value else Tone.MUTED)
