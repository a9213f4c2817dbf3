"""Several queue systems side by side: a line for each, with its state and figures."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from queuetui.model.measured import Measured, absent
from queuetui.model.rates import recent_in_all
from queuetui.model.snapshot import Snapshot
from queuetui.model.state import State
from queuetui.model.text import sanitize
from queuetui.monitor.link import Link
from queuetui.tui.actions import KeyPlace, key_at
from queuetui.tui.present.cells import Align
from queuetui.tui.present.frame import short_count
from queuetui.tui.present.lines import Span, TextLine, cells_of, line_of, say
from queuetui.tui.present.table import Cell, Column, Row
from queuetui.tui.present.tones import Tone

SYSTEM_PICK_COLUMNS = (
    Column("name", "system", 12, flex=1),
    Column("state", "", 6, 12, priority=1),
    *(Column(name, name, 7, priority=2, align=Align.RIGHT) for name in ("pending", "stuck", "failed")),
)
_KEY = key_at(KeyPlace.EVERYWHERE, "use")
_MOST_TITLE_CELLS = 40
_FIGURES = (("pending", Tone.PENDING), ("running", Tone.PROCESSING), ("failed", Tone.FAILED), ("stuck", Tone.STUCK))
_FIGURE_CELLS = 9
_SENTENCE_CAP = 1000


@dataclass(frozen=True, slots=True)
class SystemRow:
    """The state of one link; `snapshot` is None until its store has answered."""

    title: str
    link: Link
    snapshot: Snapshot | None
    label: str = ""
    is_shown: bool = False
    keeps_tally: bool = False


def short_names(titles: Sequence[str]) -> list[str]:
    """Return short names of systems, without the part that all share.

    Long names are cut at the beginning, which is the host.
    """
    place = titles[0].rpartition("/")[0] if titles else ""
    shared = f"{place}/"
    if len(titles) > 1 and place and all(title.startswith(shared) for title in titles):
        titles = [title.removeprefix(shared) for title in titles]
    plain = [sanitize(title) for title in titles]
    return [one if len(one) <= _MOST_TITLE_CELLS else f"…{one[1 - _MOST_TITLE_CELLS :]}" for one in plain]


def system_lines(rows: Sequence[SystemRow], width: int) -> list[TextLine]:
    """Return a heading and a line for each system; empty where there is no choice."""
    if not rows:
        return []
    titles = short_names([row.title for row in rows])
    cells = max(map(len, titles))
    names = [*(name for name, _ in _FIGURES), "done/min"]
    heading = "".join(f"{name:>{_FIGURE_CELLS}}" for name in names)
    left, hint = (
        say(f" {'':<{cells + 2}}{heading}", Tone.MUTED, width),
        say(f"{_KEY} chooses which is shown ", Tone.MUTED),
    )
    fits = cells_of([left, hint]) < width
    return [
        line_of(left, right=[hint] if fits else []),
        *(_line(row, title, cells, width) for row, title in zip(rows, titles, strict=True)),
    ]


def _line(row: SystemRow, title: str, cells: int, width: int) -> TextLine:
    mark = ">" if row.is_shown else " "
    name = say(f" {mark} {title:<{cells}}", Tone.STRONG if row.is_shown else Tone.PLAIN)
    if not row.link.is_live:
        tone = Tone.WARNING if row.link.is_down else Tone.MUTED
        return line_of(name, say(f"  {row.link.describe(time.monotonic())}", tone, _SENTENCE_CAP))
    if row.snapshot is None:
        return line_of(name, say("  reading ...", Tone.MUTED))
    figures = _figures(row, row.snapshot)
    label = say(f"  {sanitize(row.label, 60)}", Tone.MUTED)
    return line_of(name, *figures, *((label,) if cells_of([name, *figures, label]) <= width else ()))


def _figures(row: SystemRow, snapshot: Snapshot) -> list[Span]:
    counts = [
        snapshot.counts.get(state) or absent("not kept") for state in (State.PENDING, State.PROCESSING, State.FAILED)
    ]
    spans = [_figure(count, tone) for count, (_, tone) in zip([*counts, snapshot.stuck], _FIGURES, strict=True)]
    rate = f"{recent_in_all(snapshot.tally, snapshot.now).done_per_minute:.1f}" if row.keeps_tally else "-"
    return [*spans, say(f"{rate:>{_FIGURE_CELLS}}", Tone.COMPLETED)]


def _figure(count: Measured[int], tone: Tone) -> Span:
    return say(f"{short_count(count):>{_FIGURE_CELLS}}", tone if count.value else Tone.MUTED)


def pick_rows(systems: Sequence[SystemRow], text: str) -> list[Row]:
    """Return the systems whose name contains the text, each keyed by its place in the list."""
    needle = text.casefold()
    titles = short_names([row.title for row in systems])
    return [
        Row(str(number), tuple(_cells(row, title)))
        for number, (row, title) in enumerate(zip(systems, titles, strict=True))
        if needle in row.title.casefold()
    ]


def _cells(row: SystemRow, title: str) -> Iterator[Cell]:
    yield Cell(sanitize(title), Tone.STRONG if row.is_shown else None)
    yield Cell(sanitize("shown" if row.is_shown else "" if row.link.is_live else row.link.state.value), Tone.MUTED)
    counts = {} if row.snapshot is None else row.snapshot.counts
    stuck = absent("not read") if row.snapshot is None else row.snapshot.stuck
    for count in (counts.get(State.PENDING), stuck, counts.get(State.FAILED)):
        yield Cell(sanitize(short_count(count or absent("not kept"))))
