"""Takes apart the text that PHP prints for a throwable."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NEXT = "\n\nNext "
_TRACE = "\nStack trace:\n"
_PLACE = re.compile(r"[^\n]+:\d{1,10}")
# The NUL is gone where a database or a dump takes none.
_ANONYMOUS_PLACE = re.compile(r"\0?[^\0\n]{0,4096}?:\d{1,10}\$[0-9a-f]{1,16}")
_CLASS = re.compile(r"[A-Za-z_\x80-\U0010ffff\\][\w\\]{0,255}(@anonymous)?")


@dataclass(frozen=True, slots=True)
class ExceptionText:
    """One throwable as text; `class_name` is empty where the text does not start with one."""

    class_name: str
    message: str
    traceback: str


def read_chain(text: str) -> list[ExceptionText]:
    """Split the text of a throwable and of those that wrap it, the innermost cause first."""
    return [read_exception(one) for one in text.split(_NEXT)]


def read_exception(text: str) -> ExceptionText:
    """Split the text into class, message and trace; a text of another shape becomes the message.

    PHP prints the innermost cause first and each wrapper after a "Next". The first block is taken: it is
    the cause, and it is the same whether the whole text was read or only its head.
    """
    headline, _, _ = text.split(_NEXT, 1)[0].partition(_TRACE)
    before, _, place = headline.rpartition(" in ")
    placed = _PLACE.fullmatch(place) is not None
    if placed:
        headline = before
    found = _CLASS.match(headline)
    if found is None:
        return ExceptionText("", headline, text)
    rest = headline[found.end() :]
    if found[1]:
        # An anonymous class carries a NUL and the file it was written in.
        carried = _ANONYMOUS_PLACE.match(rest)
        rest = rest[carried.end() :] if carried else rest
    if rest.startswith(": "):
        return ExceptionText(found[0], rest[2:], text)
    # A text of an anonymous class that was cut at its NUL ends there.
    if not rest and (placed or found[1]):
        return ExceptionText(found[0], "", text)
    return ExceptionText("", headline, text)
