"""The alarms about queues and workers, as lines of a screen."""

from __future__ import annotations

from collections.abc import Sequence

from queuetui.model.counted import counted
from queuetui.model.picture import Warned
from queuetui.model.text import sanitize
from queuetui.model.verdict import Severity
from queuetui.tui.present.lines import Span, TextLine, cells_of, line_of, say, wrap_spans
from queuetui.tui.present.tones import Tone

_SENTENCE_CAP = 1000
_NAME_CAP = 40
_SIGN = "▲"


def strip_lines(alarms: Sequence[Warned], width: int, whose: str = "") -> list[TextLine]:
    """Return one line with the number of standing alarms and the gravest of them; none without alarms.

    The next step is left out where it does not fit, as half a command is useless. `whose` names the system of the gravest.
    """
    if not alarms:
        return []
    first = alarms[0].verdict
    name = f"{sanitize(whose, _NAME_CAP)}: " if whose else ""
    head = say(f" {_SIGN} {counted(len(alarms), 'alarm')}  {name}", _tone(first.severity))
    whole = _sentence(alarms[0])
    fits = cells_of([head, whole]) <= width
    return [line_of(head, whole if fits else say(first.summary, cap=_SENTENCE_CAP))]


def alarm_lines(alarms: Sequence[Warned], most: int, width: int) -> list[TextLine]:
    """Return the alarms, the gravest first, and how many more there are.

    What to do about the gravest is told on as many lines as it takes, about another one where its line has room.
    """
    lines = [line for place, one in enumerate(alarms[:most]) for line in _told(one, width, is_whole=place == 0)]
    left = len(alarms) - most
    if left > 0:
        lines.append(line_of(say(f"   and {left:,} more; all of them: queuetui health", Tone.MUTED)))
    return lines


def _told(one: Warned, width: int, *, is_whole: bool) -> list[TextLine]:
    sign, sentence = say(f" {_SIGN} ", _tone(one.verdict.severity)), _sentence(one)
    if is_whole or cells_of([sign, sentence]) <= width:
        return wrap_spans(line_of(sign, sentence), width)
    return [line_of(sign, say(one.verdict.summary, cap=_SENTENCE_CAP))]


def _sentence(one: Warned) -> Span:
    step = f"; next: {one.verdict.next}" if one.verdict.next else ""
    return say(sanitize(f"{one.verdict.summary}{step}", _SENTENCE_CAP), cap=_SENTENCE_CAP)


def _tone(severity: Severity) -> Tone:
    return Tone.CRITICAL if severity is Severity.CRITICAL else Tone.WARNING
