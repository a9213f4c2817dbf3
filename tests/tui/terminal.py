"""A program on a pseudo terminal: every byte it sends, the screen they make, and the sequences among them."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyte

ROOT = Path(__file__).parents[2]
OUR_SEQUENCES = re.compile(
    rb"\x1b\[[\d;]*m"  # colours
    rb"|\x1b\[\d+;\d+H"  # moves
    rb"|\x1b\[\?(?:1004|1049|2004|2026|2048)h|\x1b\[\?(?:7|25)l"  # modes of the terminal, as set at the start
    rb"|\x1b\[\?(?:2026|2048)\$p|\x1b\[[<>]\d*u"  # questions about modes and the keyboard
    rb"|\x1b\]22;default\x07"  # the shape of the mouse pointer
)
CONTROL = re.compile(rb"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|\xc2[\x80-\x9f]")


def foreign_sequences(output: bytes) -> list[bytes]:
    """Return what is left of the output's control sequences when those of our own making are taken out."""
    rest = OUR_SEQUENCES.sub(b"", output)
    return [rest[max(0, found.start() - 10) : found.end() + 20] for found in CONTROL.finditer(rest)]


class Terminal:
    """The far end of a program's pseudo terminal."""

    def __init__(self, fd: int, columns: int, lines: int) -> None:
        self._fd = fd
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self.output = b""

    @property
    def lines(self) -> list[str]:
        """The screen's lines; a wide character is followed by an empty cell."""
        return list(self._screen.display)

    def column_of(self, line: int, text: str) -> int:
        """Return the cell in which a text begins on a line, as the terminal counts cells."""
        cells = [self._screen.buffer[line][x].data for x in range(self._screen.columns)]
        return next((x for x in range(len(cells)) if "".join(cells[x:]).startswith(text)), -1)

    def read_until(self, text: str, timeout_s: float = 20) -> None:
        """Read until a text is on the screen."""
        deadline = time.monotonic() + timeout_s
        while not any(text in line for line in self.lines):
            left_s = deadline - time.monotonic()
            shown = "\n".join(line.rstrip() for line in self.lines)
            assert left_s > 0, f"waited {timeout_s:g} s in vain for {text!r} on the screen, which shows:\n{shown}"
            if select.select([self._fd], [], [], min(left_s, 1))[0]:
                piece = os.read(self._fd, 65536)
                self.output += piece
                self._stream.feed(piece)


@contextmanager
def program_on_terminal(script: Path, columns: int, lines: int) -> Iterator[Terminal]:
    """Run a Python script on a terminal of its own and end it afterwards."""
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        paths = os.pathsep.join(map(str, (ROOT / "src", ROOT)))
        os.environ.update(PYTHONPATH=paths, TERM="xterm-256color", COLORTERM="truecolor")
        os.environ.update(COLUMNS=str(columns), LINES=str(lines))
        os.execv(sys.executable, [sys.executable, str(script)])  # noqa: S606  # arguments in a list, no shell
    try:
        yield Terminal(fd, columns, lines)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(fd)
