"""The pages of the documentation and the blocks of code in them.

A block marked `console` is run: each line that begins with `$ queuetui` is a command that must end with 0, and a line after it that
begins with anything else must be part of its output. Command lines in other blocks, and those that a sentence or a table names, are only
read, not run.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.source import ROOT

FENCE = "```"
PROMPT = "$ "
PROGRAM = "queuetui"
SPAN = re.compile(r"`([^`\n]+)`")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


@dataclass(frozen=True)
class Block:
    """One fenced block; `kind` is the word behind its fence."""

    kind: str
    lines: tuple[str, ...]
    place: str

    @property
    def text(self) -> str:
        """The block as one text."""
        return "\n".join(self.lines) + "\n"


@dataclass(frozen=True)
class Command:
    """One command line of a block and the output that the page promises."""

    words: tuple[str, ...]
    expected: tuple[str, ...]
    place: str


def pages() -> list[Path]:
    """Return every page that people read."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page in order."""
    kind: str | None = None
    lines: list[str] = []
    start = 0
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.startswith(FENCE):
            lines.append(line)
        elif kind is None:
            kind, lines, start = line.removeprefix(FENCE).strip(), [], number
        else:
            yield Block(kind, tuple(lines), f"{page.relative_to(ROOT)}:{start}")
            kind = None


def runnable(page: Path) -> list[Command]:
    """Return the commands of a page that are run, in order."""
    found: list[Command] = []
    for block in blocks(page):
        for line in block.lines if block.kind == "console" else ():
            if line.startswith(PROMPT):
                found.append(Command(tuple(shlex.split(line.removeprefix(PROMPT))), (), block.place))
            elif line.strip():
                last = found.pop()
                found.append(Command(last.words, (*last.expected, line.rstrip()), last.place))
    return found


def readable(page: Path) -> list[Command]:
    """Return every command line of the program on a page, run or not, in blocks and within sentences."""
    lines = [
        (line.removeprefix(PROMPT), block.place)
        for block in blocks(page)
        for line in (block.lines if block.kind in {"", "console", "sh", "text"} else ())
    ]
    lines += [(span, place) for span, place in spans(page)]
    return [Command(tuple(shlex.split(line, comments=True)), (), place) for line, place in lines if is_ours(line)]


def is_ours(line: str) -> bool:
    """Tell whether a line calls the program."""
    return line.split(" ", 1)[0] == PROGRAM


def spans(page: Path) -> Iterator[tuple[str, str]]:
    """Yield what stands between backticks outside of blocks, each with its place."""
    is_block = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        is_block ^= line.startswith(FENCE)
        for span in SPAN.findall(line) if not is_block else ():
            yield span, f"{page.relative_to(ROOT)}:{number}"


def options(page: Path) -> set[str]:
    """Return the options that are named alone, as `--option`."""
    named = (span for span, _ in spans(page) if span.startswith("--"))
    return {option for span in named for option in OPTION.findall(span)}
