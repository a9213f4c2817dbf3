"""How the filter language parts its text into terms and values, what quotes mean in it, and how a value is put in quotes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from queuetui.model.errors import BadQuery
from queuetui.model.pattern import Pattern, Wild

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./@")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[^"]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class WrittenValue:
    """One value as it is written, and where."""

    text: str
    position: int

    @property
    def literal(self) -> str:
        """The text that is meant where there are no wildcards: what is in quotes as a whole without them, else as it stands."""
        whole = _QUOTED.fullmatch(self.text)
        return self.text if whole is None else _unescape(whole[1])

    @property
    def name(self) -> str | Pattern:
        """The name that is meant: what is in quotes is taken literally, `*` and `?` outside them are wildcards."""
        parts: list[str | Wild] = []
        for match in _PART.finditer(self.text):
            part = match[0]
            parts.append(Wild(part) if part in {"*", "?"} else _unescape(part[1:-1]) if part[0] == '"' else part)
        return Pattern(tuple(parts)) if any(isinstance(part, Wild) for part in parts) else "".join(map(str, parts))


def quote_value(value: str) -> str:
    """Return a value as the filter language writes it so that it is taken literally."""
    if value and set(value) <= _PLAIN:
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def split_terms(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each term begins and ends: blanks part them, but for those in quotes. Raises BadQuery for an open quote."""
    return _split(text, str.isspace)


def split_values(text: str, position: int = 0) -> Iterator[WrittenValue]:
    """Yield the values of a term, which commas part, but for those in quotes; `position` is where the text stands."""
    for start, end in _split(text, ",".__eq__):
        yield WrittenValue(text[start:end], position + start)


def _split(text: str, parts: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    start: int | None = None
    index = 0
    while index < len(text):
        if parts(text[index]):
            if start is not None:
                yield start, index
            start = None
        elif start is None:
            start = index
        index = _end_of_quote(text, index) if text[index] == '"' else index + 1
    if start is not None:
        yield start, len(text)


def _end_of_quote(text: str, start: int) -> int:
    match = _QUOTED.match(text, start)
    if match is None:
        message = f'the quote opened at position {start} is never closed; add a second "'
        raise BadQuery(message, start)
    return match.end()


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
