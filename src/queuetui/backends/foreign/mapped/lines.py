"""On which line each key of a TOML text stands, so that a refusal can name it."""

from __future__ import annotations

import re
from collections.abc import Iterator

Path = tuple[str | int, ...]

_HEADING = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")


def find_lines(text: str) -> dict[Path, int]:
    """Return the line of each table and key; keys of an inline table stand on the line of that table."""
    found: dict[Path, int] = {}
    table: Path = ()
    counts: dict[Path, int] = {}
    for number, line in _code_lines(text):
        heading = _HEADING.match(line)
        if heading is not None:
            table = _split(heading[2])
            if heading[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            found.setdefault(table, number)
        elif (key := _KEY.match(line)) is not None:
            found.setdefault((*table, *_split(key[1])), number)
    return found


def line_of(path: Path, lines: dict[Path, int]) -> int:
    """Return the line of a path, or that of the nearest table around it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _code_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines with their numbers, but not those within a text of several lines."""
    inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not inside:
            yield number, line
        for mark in ('"""', "'''"):
            if (not inside or inside == mark) and line.count(mark) % 2:
                inside = "" if inside else mark


def _split(written: str) -> Path:
    return tuple(part.strip("\"'") for part in _PART.findall(written))
