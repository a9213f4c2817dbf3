"""Splits a filter's text into terms and values, and quotes values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from queuetui.model.errors import BadQuery
from queuetui.model.pattern import Pattern, Wild
from queuetui.model.text import sanitize

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./@")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
# Surrogates, which no text holds, are no escapes.
_ESCAPED = re.compile(
    r"\\(?:(x[0-9a-fA-F]{2}|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|U00(?:0[1-9a-fA-F]|10)[0-9a-fA-F]{4})|(.))", re.DOTALL
)
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r"}
_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[^"]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class WrittenValue:
    """One value as it is written, with its position."""

    text: str
    position: int

    @property
    def literal(self) -> str:
        """The text that is meant where there are no wildcards.

        What is in quotes as a whole without them, else as it stands.
        """
        whole = _QUOTED.fullmatch(self.text)
        return self.text if whole is None else _unescape(whole[1])

    @property
    def name(self) -> str | Pattern:
        """The name that is meant.

        What is in quotes is taken literally, `*` and `?` outside them are wildcards.
        """
        parts: list[str | Wild] = []
        for match in _PART.finditer(self.text):
            part = match[0]
            parts.append(Wild(part) if part in {"*", "?"} else _unescape(part[1:-1]) if part[0] == '"' else part)
        return Pattern(tuple(parts)) if any(isinstance(part, Wild) for part in parts) else "".join(map(str, parts))


def quote_value(value: str) -> str:
    """Return a value as the filter language writes it so that it is taken literally."""
    if value and set(value) <= _PLAIN:
        return value
    return f'"{"".join(map(_escape, value))}"'


def write_name(name: str) -> str:
    """Return a name as the command line takes it.

    As it is, in quotes where that would not be read as it or holds what is not seen.
    """
    is_itself = _is_seen(name) and WrittenValue(name, 0).literal == name
    return name if is_itself else quote_value(name)


def split_terms(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each term begins and ends: blanks part them, but for those in quotes.

    Raises BadQuery for an open quote.
    """
    return _split(text, str.isspace)


def split_values(text: str, position: int = 0) -> Iterator[WrittenValue]:
    """Yield the values of a term, which commas part, but for those in quotes.

    `position` is where the text stands.
    """
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


def _escape(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    return char if _is_seen(char) else char.encode("unicode_escape").decode()


def _is_seen(text: str) -> bool:
    """Tell whether a terminal shows all of a text unchanged."""
    return text.isprintable() and sanitize(text, len(text)) == text


def _unescape(text: str) -> str:
    return _ESCAPED.sub(_meant, text)


def _meant(match: re.Match[str]) -> str:
    code, char = match[1], match[2]
    return _CONTROLS.get(char, char) if code is None else chr(int(code[1:], 16))
