"""Lines of safe text with a tone for each span, of which all lines of the frame are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from queuetui.model.text import CELL_CAP, ELLIPSIS, SafeText, Untrusted, sanitize
from queuetui.tui.present.tones import Tone


class Span(NamedTuple):
    """A run of safe text in one tone."""

    text: SafeText
    tone: Tone = Tone.PLAIN


class TextLine(NamedTuple):
    """One line; `right` is at the right edge and is cut last."""

    left: tuple[Span, ...] = ()
    right: tuple[Span, ...] = ()


BLANK = TextLine()
_LEAST_WRAP_CELLS = 8
_HANGING_CELLS = 4
_NO_LIMIT = 100_000
_MARKS_ALLOWANCE = 4


def say(text: Untrusted | str, tone: Tone = Tone.PLAIN, cap: int = CELL_CAP) -> Span:
    """Return a span of safe text, made from a queue's text or our own."""
    return Span(sanitize(text, cap), tone)


def line_of(*spans: Span, right: Iterable[Span] = ()) -> TextLine:
    """Return a line of these spans."""
    return TextLine(spans, tuple(right))


def cells_of(spans: Iterable[Span]) -> int:
    """Return how many terminal cells the spans take."""
    return sum(cell_len(span.text) for span in spans)


def wrap(text: SafeText, width: int) -> list[SafeText]:
    """Return `text` in lines of at most `width` cells, broken at spaces where there are any.

    The time that it takes depends only on the length of the text.
    """
    if width <= 0:
        return []
    return [sanitize(line, len(line) + 1) for paragraph in text.split("\n") for line in _break_up(paragraph, width)]


def wrap_within(text: SafeText, width: int, most: int) -> list[SafeText]:
    """Return `text` in at most so many lines; an ellipsis ends the last where more follows."""
    return first_lines(wrap(text, width), width, most)


def first_lines(lines: Sequence[SafeText], width: int, most: int) -> list[SafeText]:
    """Return at most so many lines of at most `width` cells; an ellipsis ends the last where more follow."""
    if len(lines) <= most:
        return list(lines)
    last = lines[most - 1]
    kept = last if cell_len(last) < width else next(iter(wrap(last, width - 1)), "")
    return [*lines[: most - 1], sanitize(f"{kept}{ELLIPSIS}", len(kept) + 2)]


def _break_up(paragraph: str, width: int) -> Iterator[str]:
    start = 0
    while True:
        # Combining marks take no cell, so more characters than cells may fit; a line of only marks is cut here.
        ahead = paragraph[start : start + width * _MARKS_ALLOWANCE + 1]
        end = _fitting(ahead, width)
        if end == len(ahead):
            yield ahead
            return
        space = ahead.rfind(" ", 0, end + 1)
        yield ahead[: space if space > 0 else end]
        start += space + 1 if space > 0 else end


def _fitting(text: str, width: int) -> int:
    """Return how many characters of `text` fit, at least one if there is one."""
    if text.isascii():
        return min(len(text), width)
    used = 0
    for index, char in enumerate(text):
        used += cell_len(char)
        if used > width:
            return max(1, index)
    return min(len(text), width * _MARKS_ALLOWANCE)


def flow(spans: Iterable[Span], width: int, most: int, indent: int = 1) -> list[TextLine]:
    """Return spans one after the other on at most so many lines; a cut ends in an ellipsis."""
    width = max(width, 2 * _LEAST_WRAP_CELLS)
    lines: list[list[Span]] = [[]]
    room = width
    for span in spans:
        rest = span.text
        while cell_len(rest) > room:
            head = wrap(rest, room)[0] if room >= _LEAST_WRAP_CELLS else ""
            if room < cell_len(rest.partition(" ")[0]) <= width - indent:
                # A word that fits on its own line is not broken.
                head = ""
            if head:
                lines[-1].append(say(head, span.tone, len(head) + 1))
                rest = sanitize(rest[len(head) :].lstrip(" "), len(rest))
            lines.append([say(" " * indent)])
            room = width - indent
        lines[-1].append(Span(rest, span.tone))
        room -= cell_len(rest)
    if len(lines) > most:
        lines = [*lines[: most - 1], _cut(lines[most - 1], width)]
    return [TextLine(tuple(line)) for line in lines]


def _cut(spans: Sequence[Span], width: int) -> list[Span]:
    """Return a line that ends in an ellipsis."""
    *heads, last = spans
    room = width - cells_of(heads) - 1
    kept = wrap(last.text, room)[0] if cell_len(last.text) > room else last.text
    return [*heads, Span(sanitize(f"{kept}{ELLIPSIS}", len(kept) + 2), last.tone)]


def wrap_spans(line: TextLine, width: int) -> list[TextLine]:
    """Return a line whose last span wraps below itself, so that a label keeps its column.

    If the label takes more than half of the width, the whole line wraps.
    """
    if not line.left:
        return [line]
    *heads, last = line.left
    indent = cells_of(heads)
    if indent > width // 2:
        return flow(line.left, width, _NO_LIMIT, _HANGING_CELLS)
    texts = wrap(last.text, max(_LEAST_WRAP_CELLS, width - indent)) or [last.text]
    blank = Span(sanitize(" " * indent))
    first = TextLine((*heads, Span(texts[0], last.tone)))
    return [first, *(TextLine((blank, Span(text, last.tone))) for text in texts[1:])]


def wrap_lines(lines: Iterable[TextLine], width: int) -> list[TextLine]:
    """Return lines wrapped to a width, except lines with text at the right edge."""
    wrapped: list[TextLine] = []
    for line in lines:
        wrapped += [line] if line.right or cells_of(line.left) <= width else wrap_spans(line, width)
    return wrapped
