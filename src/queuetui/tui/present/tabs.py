"""The state tabs with their counts, fitted to the width of the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from queuetui.model.measured import Measured, old_s
from queuetui.model.snapshot import QueueInfo, Snapshot
from queuetui.model.text import ELLIPSIS
from queuetui.tui.present.ages import ABSENT
from queuetui.tui.present.frame import short_count, tab_count
from queuetui.tui.present.lines import Span, TextLine, cells_of, say
from queuetui.tui.present.numbers import age_mark, count_text, tight_count
from queuetui.tui.present.tones import Tone
from queuetui.tui.scope import STUCK_TAB, TABS, Scope, StateTab

Counts = Mapping[StateTab, Measured[int]]

_SHORT = {"Processing": "Run", "Pending": "Pend", "Failed": "Fail", "Cancelled": "Canc"}
_SHORTEST = {**_SHORT, "Pending": "Pnd", "Stuck": "Stk", "Later": "Lat", "Cancelled": "Can"}
_LEAST_WANTED_FIRST = "87162354"


def tabs_line(
    scope: Scope,
    snapshot: Snapshot | None,
    queue: QueueInfo | None,
    width: int,
    listed: Measured[int] | None = None,
) -> TextLine:
    """Return the state tabs, with the chosen one in brackets.

    Its count is at least the number of jobs `listed` behind it.
    On a narrow screen words and counts get shorter, then counts give way one by one; an ellipsis stands where one did.
    Where there is room, the age of the oldest count stands at the right, if it is older than a few polls.
    """
    counts = {} if snapshot is None else {tab: tab_count(tab, snapshot, queue) for tab in TABS}
    if listed is not None and (counts.get(scope.tab, listed).value or 0) < (listed.value or 0):
        counts[scope.tab] = listed
    line = _tabs(scope, counts, width)
    ages = (
        []
        if snapshot is None
        else [age for count in counts.values() if (age := old_s(count, snapshot.now)) is not None]
    )
    told = say(f"{age_mark(max(ages))} ", Tone.MUTED) if ages else None
    fits = told is not None and cells_of([*line.left, told]) < width
    return TextLine(line.left, (told,)) if told is not None and fits else line


def _tabs(scope: Scope, counts: Counts, width: int) -> TextLine:
    whole = {tab: count_text(count) for tab, count in counts.items()}
    short = {tab: short_count(count) for tab, count in counts.items()}
    tight: dict[StateTab, str] = {tab: tight_count(count) for tab, count in counts.items()}
    line = _spaced(_pieces(scope, counts, whole, {}), "   ")
    if cells_of(line.left) <= width:
        return line
    line = _spaced(_pieces(scope, counts, short, _SHORT), " ")
    if cells_of(line.left) <= width:
        return line
    line = _packed(scope, _pieces(scope, counts, tight, _SHORTEST))
    if cells_of(line.left) > width:
        # A tab without a number also shows that nothing was counted.
        tight = {tab: "" if text == ABSENT and tab is not scope.tab else text for tab, text in tight.items()}
        line = _packed(scope, _pieces(scope, counts, tight, _SHORTEST))
    for digit in _LEAST_WANTED_FIRST:
        if cells_of(line.left) <= width:
            return line
        tight = {
            tab: ELLIPSIS if text and tab.digit == digit and tab is not scope.tab else text
            for tab, text in tight.items()
        }
        line = _packed(scope, _pieces(scope, counts, tight, _SHORTEST))
    bare = {tab: text if tab is scope.tab else "" for tab, text in tight.items()}
    return line if cells_of(line.left) <= width else _packed(scope, _pieces(scope, counts, bare, _SHORTEST), ELLIPSIS)


def _pieces(scope: Scope, counts: Counts, shown: Mapping[StateTab, str], words: Mapping[str, str]) -> list[Span]:
    return [_piece(tab, scope, counts.get(tab), shown.get(tab, ""), words.get(tab.title, tab.title)) for tab in TABS]


def _piece(tab: StateTab, scope: Scope, count: Measured[int] | None, shown: str, title: str) -> Span:
    is_alarm = tab is STUCK_TAB and count is not None and bool(count.value)
    is_chosen = tab is scope.tab
    gap = " " if shown and shown != ELLIPSIS else ""
    text = f"{tab.digit} {title}{gap}{shown}{'!' if is_alarm else ''}"
    tone = Tone.STUCK if is_alarm else Tone.STRONG if is_chosen else Tone.MUTED
    return say(f"[{text}]" if is_chosen else text, tone)


def _spaced(spans: Sequence[Span], gap: str) -> TextLine:
    return TextLine(tuple(one for place, span in enumerate(spans) for one in (say(gap if place else " "), span)))


def _packed(scope: Scope, spans: Sequence[Span], mark: str = "") -> TextLine:
    """Return the tabs one cell apart; the chosen one has brackets in place of the blanks around it."""
    chosen = TABS.index(scope.tab)
    joined: list[Span] = []
    for place, span in enumerate(spans):
        if place not in {chosen, chosen + 1}:
            joined.append(say(" "))
        joined.append(span)
    return TextLine((*joined, say(mark, Tone.MUTED))) if mark else TextLine(tuple(joined))
