"""Text that came from a queue, and the only function that makes it safe to show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Never, NoReturn, Self
from unicodedata import category

CELL_CAP: Final = 256
DETAIL_CAP: Final = 64 * 1024
ELLIPSIS: Final = "…"
NEWLINE_MARK: Final = "↵"
TAB_SPACES: Final = "    "

_REPR_CAP = 40
_MARKS_A_BASE_MAY_CARRY = 3
_CACHED_CODE_POINTS = 4096

# Printable by Python's tables, but invisible, or of a width that differs between terminals (measured).
_HIDDEN_OR_UNSTEADY = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2630-\u2637\u268a-\u268f\u302e\u302f\u3164"
    "\u3248-\u324f\ufe00-\ufe0f\uffa0\U00016fe4\U00016ff0\U00016ff1\U0001d159\U0001d165\U0001d166"
    "\U0001d16d-\U0001d172\U0001d300-\U0001d356\U0001d360-\U0001d376\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff"
    "\U000e0100-\U000e01ef]"
)
_NEWLINES = re.compile("\r\n|\n")


@dataclass(frozen=True, slots=True, order=True)
class Untrusted:
    """Text as it came from a queue; the true value is `raw`, and only `sanitize` makes it safe to show."""

    raw: str

    def __str__(self) -> NoReturn:
        raise TypeError("Untrusted text cannot be turned into str; show sanitize(text), or compare and store text.raw")

    def __format__(self, spec: str) -> NoReturn:
        raise TypeError("Untrusted text cannot be formatted; show sanitize(text), or compare and store text.raw")

    def __repr__(self) -> str:
        cut = "..." if len(self.raw) > _REPR_CAP else ""
        return f"Untrusted({self.raw[:_REPR_CAP]!a}{cut})"

    def __len__(self) -> int:
        return len(self.raw)

    def __bool__(self) -> bool:
        return bool(self.raw)


class SafeText(str):
    """Text without one character that could move, hide, retitle or reorder anything on a terminal."""

    __slots__ = ()

    def __new__(cls, *_: Never) -> Self:
        """Refuse: only `sanitize` may vouch for a text."""
        raise TypeError("SafeText is made by sanitize() alone")

    def __deepcopy__(self, _: object) -> Self:
        """Return itself, as it cannot change: what holds it may be copied."""
        return self


def sanitize(value: Untrusted | str, cap: int = CELL_CAP, *, keep_newlines: bool = False) -> SafeText:
    r"""Return `value` with every hostile character shown as a visible escape such as `\x1b` or `\u202e`.

    At most `cap` characters of the value are looked at (a cut ends in an ellipsis), before any other work is done.
    A tab becomes spaces; a line end stays one when `keep_newlines`, and is else the visible mark of table cells.
    """
    text = value.raw if isinstance(value, Untrusted) else value
    cut = len(text) > cap
    if cut:
        text = text[: max(0, cap - 1)]
    if not (text.isascii() and text.isprintable()):
        text = _make_visible(text, keep_newlines=keep_newlines)
    return str.__new__(SafeText, text + ELLIPSIS if cut else text)


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def _make_visible(text: str, *, keep_newlines: bool) -> str:
    if not keep_newlines:
        return _escape_line(_NEWLINES.sub(NEWLINE_MARK, text), _SHOWN_IN_CELLS)
    return "\n".join(_escape_line(line, _SHOWN_IN_DETAIL) for line in _NEWLINES.split(text))


def _escape_line(line: str, forms: _ShownForms) -> str:
    shown = line.translate(forms)
    return shown if shown.isascii() else _limit_marks(shown)


def _limit_marks(line: str) -> str:
    """Escape combining marks that have no base of their own, or that pile up on one base."""
    parts: list[str] = []
    room = 0
    for char in line:
        is_mark = not char.isascii() and category(char) == "Mn"
        parts.append(_escape(char) if is_mark and not room else char)
        room = max(0, room - 1) if is_mark else _MARKS_A_BASE_MAY_CARRY
    return "".join(parts)


class _ShownForms(dict[int, str | int]):
    """What each code point is shown as, worked out when first met.

    Bounded, since hostile text meets them all.
    """

    def __init__(self, hidden_kinds: frozenset[str]) -> None:
        super().__init__({ord("\t"): TAB_SPACES})
        self._hidden_kinds = hidden_kinds

    def __missing__(self, code: int) -> str | int:
        shown = self._form(chr(code))
        if len(self) < _CACHED_CODE_POINTS:
            self[code] = shown
        return shown

    def _form(self, char: str) -> str | int:
        kind = category(char)
        hidden = kind in self._hidden_kinds or not (char.isprintable() or kind == "Zs")
        return _escape(char) if hidden or _HIDDEN_OR_UNSTEADY.match(char) else ord(char)


# Terminals disagree on the width of spacing marks, which would push a row's later columns aside.
_SHOWN_IN_CELLS = _ShownForms(frozenset({"Me", "Mc"}))
_SHOWN_IN_DETAIL = _ShownForms(frozenset({"Me"}))
