"""A program on a pseudo terminal: every byte it sends, the screen they make, and the sequences among them."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyte

ROOT = Path(__file__).parents[2]
OUR_SEQUENCES = re.compile(
    rb"\x1b\[[\d;]*m"  # colours
    rb"|\x1b\[\d+;\d+H|\x1b\[\d*[BD]"  # moves
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

    def __init__(self, pid: int, fd: int, columns: int, lines: int) -> None:
        self.pid = pid
        self.exit_code: int | None = None
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

    def read_until(self, text: str, timeout_s: float = 40) -> None:
        """Read until a text is on the screen."""
        deadline = time.monotonic() + timeout_s
        while not any(text in line for line in self.lines):
            left_s = deadline - time.monotonic()
            shown = "\n".join(line.rstrip() for line in self.lines)
            assert left_s > 0, f"waited {timeout_s:g} s in vain for {text!r} on the screen, which shows:\n{shown}"
            self._read_once(min(left_s, 1))

    def read_until_gone(self, text: str, timeout_s: float = 40) -> None:
        """Read until a text is no longer on the screen."""
        deadline = time.monotonic() + timeout_s
        while any(text in line for line in self.lines):
            assert time.monotonic() < deadline, f"{text!r} is still on the screen"
            self._read_once(0.1)

    def read_for(self, seconds: float) -> None:
        """Take what the program writes for a while, during which nothing in particular is expected."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._read_once(0.05)

    def send(self, text: str) -> None:
        """Type on the terminal's keyboard."""
        os.write(self._fd, text.encode())

    def hang_up(self) -> None:
        """Take the terminal away."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def clear(self) -> None:
        """Forget what is on the screen."""
        self._screen.reset()

    def wait_for_stop(self, timeout_s: float = 40) -> None:
        """Wait until the program has been stopped."""
        deadline = time.monotonic() + timeout_s
        while os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)[0] != self.pid:
            assert time.monotonic() < deadline, "the program goes on running"
            self._read_once(0.02)
        self._drain()

    def wait_for_exit(self, timeout_s: float = 40) -> None:
        """Wait for the program's end, still reading what it writes."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.exit_code = os.waitstatus_to_exitcode(status)
                self._drain()
                return
            if self._fd < 0:
                select.select([], [], [], 0.02)
            else:
                self._read_once(0.02)
        shown = "\n".join(line.rstrip() for line in self.lines)
        raise AssertionError(f"the program did not end within {timeout_s:g} s; its screen shows:\n{shown}")

    def _drain(self) -> None:
        while self._fd >= 0 and self._read_once(0):
            pass

    def _read_once(self, wait_s: float) -> bool:
        """Take what the program wrote; False when there is nothing, or nobody writes any more."""
        if not select.select([self._fd], [], [], wait_s)[0]:
            return False
        try:
            span = os.read(self._fd, 65536)
        except OSError:
            return False
        self.output += span
        self._stream.feed(span)
        return bool(span)


@contextmanager
def program_on_terminal(
    command: Sequence[str | Path], columns: int, lines: int, environment: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    """Run a program on a terminal of its own and end it afterwards."""
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        paths = os.pathsep.join(map(str, (ROOT / "src", ROOT)))
        os.environ.update(PYTHONPATH=paths, TERM="xterm-256color", COLORTERM="truecolor")
        os.environ.update(COLUMNS=str(columns), LINES=str(lines))
        os.environ.update(environment or {})
        os.execv(command[0], [str(part) for part in command])  # noqa: S606  # arguments in a list, no shell
    terminal = Terminal(pid, fd, columns, lines)
    try:
        yield terminal
    finally:
        if terminal.exit_code is None:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        terminal.hang_up()
