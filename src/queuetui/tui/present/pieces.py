"""Lines of safe text with a tone for each piece: what every line of the frame is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rich.cells import cell_len

from queuetui.model.text import CELL_CAP, SafeText, Untrusted, sanitize
from queuetui.tui.present.tones import Tone


class Piece(NamedTuple):
    """A run of safe text in one tone."""

    text: SafeText
    tone: Tone = Tone.PLAIN


class TextLine(NamedTuple):
    """One line; `right` stands at the right edge and gives way last."""

    left: tuple[Piece, ...] = ()
    right: tuple[Piece, ...] = ()


BLANK = TextLine()
_LEAST_WRAP_CELLS = 8


def say(text: Untrusted | str, tone: Tone = Tone.PLAIN, cap: int = CELL_CAP) -> Piece:
    """Return a piece; text of a queue is made safe here, and so are our own words, which costs them nothing."""
    return Piece(sanitize(text, cap), tone)


def line_of(*pieces: Piece, right: Iterable[Piece] = ()) -> TextLine:
    """Return a line of these pieces."""
    return TextLine(pieces, tuple(right))


def cells_of(pieces: Iterable[Piece]) -> int:
    """Return how many terminal cells the pieces take."""
    return sum(cell_len(piece.text) for piece in pieces)


def wrap(text: SafeText, width: int) -> list[SafeText]:
    """Return `text` in lines of at most `width` cells, broken at spaces where there are any."""
    if width <= 0:
        return []
    lines: list[SafeText] = []
    for paragraph in text.split("\n"):
        rest = paragraph
        while cell_len(rest) > width:
            head, rest = _break(rest, width)
            lines.append(sanitize(head, len(head) + 1))
        lines.append(sanitize(rest, len(rest) + 1))
    return lines


def _break(text: str, width: int) -> tuple[str, str]:
    end = _fitting(text, width)
    space = text.rfind(" ", 0, end + 1)
    if space > 0:
        return text[:space], text[space + 1 :]
    return text[:end], text[end:]


def _fitting(text: str, width: int) -> int:
    """Return how many characters of `text` fit, at least one."""
    if text[:width].isascii():
        return width
    used = 0
    for index, char in enumerate(text[: width + 1]):
        used += cell_len(char)
        if used > width:
            return max(1, index)
    return width


def wrap_pieces(line: TextLine, width: int) -> list[TextLine]:
    """Return a line whose last piece wraps below itself, so that a label keeps its column."""
    if not line.left:
        return [line]
    *heads, last = line.left
    indent = cells_of(heads)
    texts = wrap(last.text, max(_LEAST_WRAP_CELLS, width - indent)) or [last.text]
    blank = Piece(sanitize(" " * indent))
    first = TextLine((*heads, Piece(texts[0], last.tone)))
    return [first, *(TextLine((blank, Piece(text, last.tone))) for text in texts[1:])]


def wrap_lines(lines: Iterable[TextLine], width: int) -> list[TextLine]:
    """Return lines brought to a width: one piece wraps, several are left to be cut."""
    wrapped: list[TextLine] = []
    for line in lines:
        if len(line.left) == 1 and not line.right:
            piece = line.left[0]
            wrapped += [TextLine((Piece(text, piece.tone),)) for text in wrap(piece.text, width)]
        else:
            wrapped.append(line)
    return wrapped
