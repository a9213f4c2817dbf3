"""The lines of the frame: the store, the counts of the tabs, and the keys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from queuetui.model.counted import short_number
from queuetui.model.measured import Exactness, Measured, add_counts
from queuetui.model.snapshot import QueueInfo, Snapshot
from queuetui.model.text import sanitize
from queuetui.tui.actions import Action
from queuetui.tui.present.ages import took_text
from queuetui.tui.present.lines import Span, TextLine, cells_of, line_of, say, wrap_within
from queuetui.tui.present.tones import Tone
from queuetui.tui.scope import StateTab

_GAP_CELLS = 2
LOSSY_GRADE = "C"
READ_ONLY = "READ-ONLY"
_SENTENCE_CAP = 2000
_MOST_LOST_LINES = 3


@dataclass(frozen=True, slots=True)
class Heading:
    """The content of the first line."""

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
    """Return the first line: the store to the left, the poll to the right.

    On a narrow screen the least important parts are left out.
    """
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
    if heading.backend and "backend" in kept:
        left.append(say(f"  {heading.backend}", Tone.MUTED))
    if heading.rights:
        is_guarded = heading.rights == READ_ONLY
        left += [
            say("  "),
            say(f" {heading.rights} " if is_guarded else heading.rights, Tone.BADGE if is_guarded else Tone.MUTED),
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
    """Return the first line while the store does not answer, and at most two lines with the reason."""
    told = sanitize(f"queuetui  {title}  {sentence}", _SENTENCE_CAP)
    first, *more = wrap_within(told, max(20, width - 2), _MOST_LOST_LINES)
    return [
        line_of(say(f" {first}", Tone.STRONG, _SENTENCE_CAP)),
        *(line_of(say(f" {text}", cap=_SENTENCE_CAP)) for text in more),
    ]


def tab_count(tab: StateTab, snapshot: Snapshot, queue: QueueInfo | None) -> Measured[int]:
    """Return the number of jobs behind a tab, of one queue or of all."""
    if tab.is_stuck:
        return snapshot.stuck if queue is None else queue.stuck
    counts = snapshot.counts if queue is None else queue.counts
    if tab.states:
        return add_counts([counts[state] for state in tab.states if state in counts])
    return snapshot.total if queue is None else add_counts(list(counts.values()))


def short_count(count: Measured[int]) -> str:
    """Return a count in at most six characters: `9,812`, `10.0k+`, `~4.1M`."""
    if count.value is None:
        return "-"
    before = "~" if count.exactness is Exactness.ESTIMATED else ""
    return f"{before}{short_number(count.value)}{'+' if count.exactness is Exactness.CAPPED else ''}"


def footer_line(offers: Iterable[tuple[Action, str | None]], width: int, right: str = "") -> TextLine:
    """Return the keys of a screen, as many as fit; unavailable ones are dimmed."""
    tail = (say(f"{right} ", Tone.STRONG),) if right else ()
    room = width - cells_of(tail) - (2 if tail else 0)
    spans: list[Span] = [say(" ")]
    for action, why_not in offers:
        key, label = say(action.shown.split(" ")[0], Tone.STRONG), say(f" {action.label}  ", Tone.PLAIN)
        if why_not is not None:
            key, label = key._replace(tone=Tone.MUTED), label._replace(tone=Tone.MUTED)
        if cells_of([*spans, key, label]) - 2 <= room:
            spans += [key, label]
    return TextLine(tuple(spans), tail)
