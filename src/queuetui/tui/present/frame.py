"""The lines of the frame: who and where, the tabs, what is shown, and the keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from queuetui.model.counted import short_number
from queuetui.model.measured import Exactness, Measured, add_counts
from queuetui.model.page import Page
from queuetui.model.snapshot import QueueInfo, Snapshot
from queuetui.model.text import sanitize
from queuetui.tui.actions import Action
from queuetui.tui.present.ages import took_text
from queuetui.tui.present.numbers import count_text
from queuetui.tui.present.pieces import Piece, TextLine, cells_of, line_of, say, wrap
from queuetui.tui.present.tones import Tone
from queuetui.tui.scope import STUCK_TAB, TABS, Scope, StateTab

_GAP_CELLS = 2
LOSSY_GRADE = "C"
_SHORT_TITLES = {"Processing": "Run", "Pending": "Pend", "Failed": "Fail", "Cancelled": "Canc"}


@dataclass(frozen=True, slots=True)
class Heading:
    """What the first line tells."""

    title: str
    backend: str = ""
    rights: str = ""
    grade: str = ""
    pace_s: float = 2.0
    is_slowed: bool = False
    cost_s: float | None = None
    clock: str = ""
    frozen: bool = False


def heading_line(heading: Heading, width: int) -> TextLine:
    """Return the first line: the store to the left, the poll to the right; on a narrow screen the least needed gives way."""
    lines = (
        _heading(heading, kept)
        for kept in (
            "cost name backend grade slow",
            "name backend grade slow",
            "backend grade slow",
            "backend slow",
            "slow",
        )
    )
    return next((line for line in lines if _cells(line) <= width), _heading(heading, ""))


def _cells(line: TextLine) -> int:
    return cells_of(line.left) + _GAP_CELLS + cells_of(line.right)


def _heading(heading: Heading, kept: str) -> TextLine:
    left = [say(" queuetui  " if "name" in kept else " ", Tone.MUTED), say(heading.title, Tone.STRONG)]
    left += [
        say(f"  {word}", Tone.MUTED) for word in (heading.backend if "backend" in kept else "", heading.rights) if word
    ]
    if heading.grade and "grade" in kept:
        left.append(
            say(f"  grade {heading.grade}", Tone.WARNING if heading.grade.startswith(LOSSY_GRADE) else Tone.MUTED)
        )
    if heading.frozen:
        return line_of(*left, right=[say(f"FROZEN ({heading.clock})", Tone.WARNING)])
    if heading.cost_s is None:
        return line_of(*left)
    slow = " (slow store)" if heading.is_slowed and "slow" in kept else ""
    cost = f"{took_text(heading.cost_s):>6}  " if "cost" in kept else ""
    return line_of(*left, right=[say(f"every {heading.pace_s:g} s{slow}  {cost}{heading.clock} (db) ", Tone.MUTED)])


def lost_lines(title: str, sentence: str, width: int) -> list[TextLine]:
    """Return the first line while the store does not answer, with as many more as the reason needs, up to three in all."""
    first, *more = wrap(sanitize(f"queuetui  {title}  {sentence}", 2000), max(20, width - 2))
    return [line_of(say(f" {first}", Tone.STRONG)), *(line_of(say(f" {text}")) for text in more[:2])]


def tab_count(tab: StateTab, snapshot: Snapshot, queue: QueueInfo | None) -> Measured[int]:
    """Return how many jobs are behind a tab, of one queue or of all."""
    if tab.is_stuck:
        return snapshot.stuck if queue is None else queue.stuck
    counts = snapshot.counts if queue is None else queue.counts
    if tab.states:
        return add_counts([counts[state] for state in tab.states if state in counts])
    return snapshot.total if queue is None else add_counts(list(counts.values()))


def tabs_line(scope: Scope, snapshot: Snapshot | None, queue: QueueInfo | None, width: int) -> TextLine:
    """Return the state tabs with their counts; the chosen one stands in brackets, and short words serve a narrow screen."""
    counts = {} if snapshot is None else {tab: tab_count(tab, snapshot, queue) for tab in TABS}
    now = None if snapshot is None else snapshot.now
    long = [
        _tab_piece(tab, scope, tab.title, counts.get(tab), count_text(counts[tab], now) if counts else "")
        for tab in TABS
    ]
    line = _joined(long, "   ")
    if cells_of(line.left) <= width:
        return line
    short = [
        _tab_piece(
            tab,
            scope,
            _SHORT_TITLES.get(tab.title, tab.title),
            counts.get(tab),
            short_count(counts[tab]) if counts else "",
        )
        for tab in TABS
    ]
    return _joined(short, " ")


def short_count(count: Measured[int]) -> str:
    """Return a count in at most six characters: `9,812`, `10.0k+`, `~4.1M`."""
    if count.value is None:
        return "-"
    before = "~" if count.exactness is Exactness.ESTIMATED else ""
    return f"{before}{short_number(count.value)}{'+' if count.exactness is Exactness.CAPPED else ''}"


def _tab_piece(tab: StateTab, scope: Scope, title: str, count: Measured[int] | None, shown: str) -> Piece:
    is_alarm = tab is STUCK_TAB and count is not None and bool(count.value)
    is_chosen = tab is scope.tab
    text = f"{tab.digit} {title}{' ' if shown else ''}{shown}{'!' if is_alarm else ''}"
    tone = Tone.STUCK if is_alarm else Tone.STRONG if is_chosen else Tone.MUTED
    return say(f"[{text}]" if is_chosen else text, tone)


def _joined(pieces: Sequence[Piece], gap: str) -> TextLine:
    between = say(gap)
    return TextLine((say(" "), *(one for piece in pieces for one in (piece, between))))


def crumbs_line(scope: Scope, page: Page | None, queue: QueueInfo | None, snapshot: Snapshot | None) -> TextLine:
    """Return what the table is about, and how much of it there is."""
    pieces = [say(" Jobs", Tone.STRONG)]
    if scope.queue is not None:
        pieces += [say(" > ", Tone.MUTED), say("queue "), say(scope.queue, Tone.STRONG)]
    if queue is not None and queue.paused_at is not None:
        pieces.append(say(" PAUSED", Tone.WARNING))
    if scope.tab.term:
        pieces += [say(" > ", Tone.MUTED), say(scope.tab.title.lower())]
    if scope.filter_text:
        pieces += [say(" > ", Tone.MUTED), say(scope.filter_text, Tone.STRONG)]
    return TextLine(tuple(pieces), tuple(_extent(page, snapshot)))


def _extent(page: Page | None, snapshot: Snapshot | None) -> Iterable[Piece]:
    if page is None:
        return
    if page.notes:
        yield say(f"{page.notes[0]}  ", Tone.WARNING)
    total = count_text(page.total, None if snapshot is None else snapshot.now)
    if page.total.value is None:
        yield say(f"{len(page.jobs):,} shown ", Tone.MUTED)
        return
    exactness = page.total.exactness.value
    yield say(f"{len(page.jobs):,} of {total} {exactness} ", Tone.MUTED)


def footer_line(offers: Iterable[tuple[Action, str | None]], width: int, right: str = "") -> TextLine:
    """Return the keys of a screen: whole words only, the first ones first, what is not to be had just now dimmed."""
    tail = (say(f"{right} ", Tone.STRONG),) if right else ()
    room = width - cells_of(tail) - (2 if tail else 0)
    pieces: list[Piece] = [say(" ")]
    for action, why_not in offers:
        key, label = say(action.shown.split(" ")[0], Tone.STRONG), say(f" {action.label}  ", Tone.PLAIN)
        if why_not is not None:
            key, label = key._replace(tone=Tone.MUTED), label._replace(tone=Tone.MUTED)
        if cells_of([*pieces, key, label]) - 2 <= room:
            pieces += [key, label]
    return TextLine(tuple(pieces), tail)
