"""The jobs of all systems as rows of one table, and the lines above the table."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from queuetui.model.job import Job
from queuetui.model.measured import add_counts
from queuetui.model.page import Page
from queuetui.model.picture import Picture
from queuetui.model.snapshot import Snapshot
from queuetui.model.state import State
from queuetui.model.text import sanitize
from queuetui.model.verdict import Verdict
from queuetui.monitor.link import Link
from queuetui.tui.present.crumbs import count_of_list, lay_out_crumbs
from queuetui.tui.present.job_columns import columns_for
from queuetui.tui.present.job_rows import make_row
from queuetui.tui.present.lines import TextLine, cells_of, say
from queuetui.tui.present.numbers import count_text
from queuetui.tui.present.table import Cell, Column, Row
from queuetui.tui.present.tones import Tone
from queuetui.tui.scope import Scope

SYSTEM = Column("system", "system", 13, 20, flex=1, priority=1)
_FILTER_CAP = 2000
_GAP_CELLS = 2


@dataclass(frozen=True, slots=True)
class SystemPart:
    """One system's part of the list: its picture once its jobs were read, or why it is left out."""

    title: str
    link: Link
    picture: Picture | None = None
    refusal: str = ""

    @property
    def page(self) -> Page | None:
        """Its jobs of this list."""
        return None if self.picture is None else self.picture.snapshot.page

    @property
    def is_read(self) -> bool:
        """Whether its current jobs are in the list."""
        return not self.refusal and self.link.is_live and self.page is not None

    @property
    def may_match(self) -> bool:
        """Whether its store may have jobs of this list: some were read, or the search did not reach the end."""
        page = self.page
        return not self.is_read or page is None or bool(page.jobs) or page.has_more or page.looked is not None

    @property
    def notes(self) -> Sequence[str]:
        """The notes on this part, without its name."""
        if self.refusal:
            return (f"left out: {self.refusal}",)
        if not self.link.is_live:
            old = "" if self.page is None else "; its rows are old"
            return (f"{self.link.describe(time.monotonic())}{old}",)
        if self.page is None:
            return ("reading ...",)
        looked = self.page.looked
        further = () if looked is None else (f"{looked:,} jobs were looked through and there are more",)
        return (*self.page.notes, *further)


@dataclass(frozen=True, slots=True)
class ListedJob:
    """A job of the list with its system's picture and its verdict."""

    job: Job
    verdict: Verdict | None
    snapshot: Snapshot


def columns_of(scope: Scope, *, is_troubled: bool, is_wide: bool) -> tuple[Column, ...]:
    """Return the columns of a list of jobs, with that of the system after the id."""
    own = columns_for(scope.query, frozenset(State), is_troubled=is_troubled, is_wide=is_wide).columns
    return behind("id", own)


def behind(key: str, columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return columns with that of the system after one of them."""
    place = next(place for place, column in enumerate(columns) if column.key == key) + 1
    return (*columns[:place], SYSTEM, *columns[place:])


def row_of(key: str, title: str, listed: ListedJob, columns: Sequence[Column]) -> Row:
    """Return a job as a row, with its system after its id."""
    own = [column for column in columns if column.key != SYSTEM.key]
    snapshot = listed.snapshot
    cells = iter(make_row(listed.job, listed.verdict, snapshot.now, own, snapshot.workers).cells)
    return Row(key, tuple(Cell(sanitize(title)) if one.key == SYSTEM.key else next(cells) for one in columns))


def crumbs(scope: Scope, parts: Mapping[str, SystemPart], shown: int, width: int, *, has_more: bool) -> list[TextLine]:
    """Return the subject of the list, its size, and the notes on systems."""
    spans = [say(" All systems", Tone.STRONG)]
    if scope.tab.term:
        spans += [say(" > ", Tone.MUTED), say(scope.tab.title.lower())]
    if scope.filter_text:
        spans += [say(" > ", Tone.MUTED), say(scope.filter_text, Tone.STRONG, _FILTER_CAP)]
    # Few notes fit: those on missing jobs come before those on how the others were found.
    ordered = sorted(parts.items(), key=lambda one: one[1].is_read)
    notes = [f"{title}: {note}" for title, part in ordered for note in part.notes]
    listed = f"{shown:,}{'+' if has_more else ''} shown"
    extents = [f"{listed} of {totals} " for totals in _totals(scope, parts)]
    room = width - cells_of(spans) - _GAP_CELLS
    extent = next((one for one in extents if len(one) <= room), f"{listed} ")
    return lay_out_crumbs(spans, [say(extent, Tone.MUTED, _FILTER_CAP)], notes, width)


def _totals(scope: Scope, parts: Mapping[str, SystemPart]) -> Iterator[str]:
    """Yield the number of matching jobs of each system that tells it, then of all of these together."""
    told = {
        title: count_of_list(scope, part.page, None if part.picture is None else part.picture.snapshot, None)
        for title, part in parts.items()
        if part.page is not None
    }
    known = {title: total for title, total in told.items() if total.value is not None}
    if known:
        yield ", ".join(f"{title} {count_text(total)}" for title, total in known.items())
        yield f"{count_text(add_counts(list(known.values())))} in {len(known)} of {len(parts)} systems"


def empty_sentence(scope: Scope, parts: Sequence[SystemPart]) -> str:
    """Return the sentence in place of rows."""
    read = sum(part.page is not None for part in parts)
    if not read:
        return "reading ..."
    way_out = " Esc clears the filter." if scope.filter_text else " 1 shows all states." if scope.tab.term else ""
    return f"No such jobs in {read} of {len(parts)} systems.{way_out}"
