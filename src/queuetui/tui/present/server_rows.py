"""The sections of a server's condition as rows of one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from queuetui.model.counted import short_number
from queuetui.model.query import Sort
from queuetui.model.server_view import Section, SectionName, ServerView, Value
from queuetui.model.text import Untrusted, sanitize
from queuetui.tui.present.ages import age_text
from queuetui.tui.present.lines import TextLine, line_of, say, wrap
from queuetui.tui.present.row_order import in_order
from queuetui.tui.present.table import Cell, Column, Row
from queuetui.tui.present.tones import Tone

SERVER_COLUMNS = (
    Column("section", "section", 11, priority=0),
    Column("what", "what", 16, 44, flex=2, priority=0),
    Column("tells", "", 20, None, flex=3, priority=0, rest=True),
)
SERVER_ORDER = (Sort("section", descending=False),)
LINE_CAP = 400
_WHOLE_CAP = 4_000
_TONES = {SectionName.LOCKS: Tone.STUCK}

Fields = Mapping[str, Value]


def server_rows(view: ServerView, order: Sort | None = None) -> list[Row]:
    """Return a row for each value, and one for each section that could not be read."""
    told = [(section.name, *one) for section in view.sections for one in _lines_of(section)]
    ordered = in_order(told, order, lambda key, one: (one[0].value, one[1], one[2])[_PLACES[key]])
    return [
        Row(
            f"{section.value}/{what}/{place}",
            (
                Cell(sanitize(section.value.replace("_", " ")), Tone.MUTED),
                Cell(sanitize(what, LINE_CAP), tone),
                Cell(sanitize(tells, LINE_CAP), tone),
            ),
        )
        for place, (section, what, tells, tone) in enumerate(ordered)
    ]


def server_lines(row: Row, width: int, most: int) -> Sequence[TextLine]:
    """Return a row in full, as the table may have cut it."""
    _, what, tells = row.cells
    texts = [*wrap(what.text, width), *wrap(tells.text, width)]
    return [line_of(say(text, Tone.PLAIN, _WHOLE_CAP)) for text in texts[:most]]


_PLACES = {column.key: place for place, column in enumerate(SERVER_COLUMNS)}


def _lines_of(section: Section) -> list[tuple[str, str, Tone]]:
    tone = _TONES.get(section.name, Tone.PLAIN)
    told = [(*_SAID[section.name](row), tone) for row in section.rows]
    return [*told, ("not all told", section.unread, Tone.WARNING)] if section.unread else told


def _figure(row: Fields) -> tuple[str, str]:
    """Return a figure with the unit at the end of its name."""
    name, value = _text(row["name"]), row["value"]
    what, _, unit = name.rpartition(" ")
    if what and unit == "bytes" and isinstance(value, int):
        return what, _size(value)
    if what and unit == "seconds" and isinstance(value, int | float):
        return what, _span(value)
    return name, _text(value)


def _session(row: Fields) -> tuple[str, str]:
    since, begun = row["state_seconds"], row["transaction_seconds"]
    held = "" if begun is None else f", transaction {_span(begun)}"
    who = " ".join(filter(None, map(_text, (row["user"], row["application"]))))
    return f"{row['pid']} {who}", f"{_text(row['state'])} {_span(since)}{held}, from {_text(row['address'])}"


def _lock(row: Fields) -> tuple[str, str]:
    blocker = " ".join(filter(None, map(_text, (row["user"], row["application"], row["state"]))))
    who = f"{row['waiting']} {_text(row['waiting_user'])}"
    return who, f"waits {_span(row['wait_seconds'])} for {row['blocked_by']} ({blocker}) on {_text(row['on'])}"


def _table(row: Fields) -> tuple[str, str]:
    dead = f"{row['dead']:,} dead rows" if row["dead_unit"] == "rows" else f"{_size(row['dead'])} free"
    return _text(row["table"]), f"~{row['rows']:,} rows, {_size(row['bytes'])}, {dead}"


def _statement(row: Fields) -> tuple[str, str]:
    return f"{row['mean_ms']} ms x {row['calls']:,}", " ".join(_text(row["statement"]).split())


def _slow(row: Fields) -> tuple[str, str]:
    return f"{row['ms']} ms", f"{_text(row['statement'])} at {_text(row['at'])} by {_text(row['client'])}"


_SAID = {
    SectionName.SERVER: _figure,
    SectionName.CONNECTIONS: _session,
    SectionName.LOCKS: _lock,
    SectionName.TABLES: _table,
    SectionName.STATEMENTS: _statement,
    SectionName.SLOW_LOG: _slow,
}


def _text(value: Value) -> str:
    if isinstance(value, Untrusted):
        return sanitize(value, _WHOLE_CAP)
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _size(value: Value) -> str:
    """Return a number of bytes as `812 B`, `24.6 kB` or `152 MB`."""
    number = short_number(value if isinstance(value, int | float) else 0)
    return f"{number} B" if number[-1].isdigit() else f"{number[:-1]} {number[-1]}B"


def _span(seconds: Value) -> str:
    return "" if not isinstance(seconds, int | float) else age_text(float(seconds))
