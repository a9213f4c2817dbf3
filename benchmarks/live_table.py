"""Bytes and CPU of a table's refresh on a terminal: ours beside Textual's DataTable, in the same run.

Run `python benchmarks/live_table.py`; the numbers of both sides and their ratios go to standard output.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import sys
import termios
import time
from pathlib import Path
from typing import NamedTuple

import psutil

APP = Path(__file__).with_name("live_table_app.py")
SIZES = ((80, 24), (120, 40), (200, 60))
REPEATS = 12
QUIET_S = 0.12
CHANGES = {
    "nothing changed": b"1",
    "1 cell": b"2",
    "10 rows, 2 cells": b"3",
    "every age": b"4",
    "all rows": b"5",
    "cursor step": b"\x1b[B",
}


class Cost(NamedTuple):
    """What one refresh costs."""

    bytes_sent: float
    cpu_ms: float


class Terminal:
    """A program on a pseudo terminal whose every byte is counted."""

    def __init__(self, kind: str, columns: int, lines: int) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            os.environ.update(COLUMNS=str(columns), LINES=str(lines))
            os.execv(sys.executable, [sys.executable, str(APP), kind])  # noqa: S606  # arguments in a list, no shell
        self.process = psutil.Process(self.pid)

    def read_until_quiet(self, quiet_s: float = QUIET_S) -> int:
        """Return how many bytes came before the program fell silent."""
        count = 0
        while select.select([self.fd], [], [], quiet_s)[0]:
            count += len(os.read(self.fd, 65536))
        return count

    def cpu_s(self) -> float:
        """Return the processor time used so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def cost_of(self, key: bytes) -> Cost:
        """Return the median bytes and the mean CPU of one press of a key."""
        sizes = []
        cpu_before = self.cpu_s()
        for _ in range(REPEATS):
            os.write(self.fd, key)
            sizes.append(self.read_until_quiet())
        return Cost(statistics.median(sizes), (self.cpu_s() - cpu_before) * 1000 / REPEATS)

    def close(self) -> None:
        """End the program."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def measure(kind: str, columns: int, lines: int) -> dict[str, Cost]:
    """Return the cost of every change for one table at one size."""
    terminal = Terminal(kind, columns, lines)
    try:
        started = time.monotonic()
        first = 0
        while not first and time.monotonic() - started < 30:
            first = terminal.read_until_quiet(1.0)
        costs = {"first paint": Cost(first, terminal.cpu_s() * 1000)}
        costs.update({change: terminal.cost_of(key) for change, key in CHANGES.items()})
    finally:
        terminal.close()
    return costs


def main() -> None:
    """Print the comparison."""
    print(f"{'size':>8}  {'change':<18}{'live table':>22}{'DataTable':>24}{'bytes':>9}{'CPU':>8}")
    for columns, lines in SIZES:
        live, data = (measure(kind, columns, lines) for kind in ("live", "data"))
        for change, ours in live.items():
            theirs = data[change]
            saved = theirs.bytes_sent / ours.bytes_sent if ours.bytes_sent else float("inf")
            faster = theirs.cpu_ms / ours.cpu_ms if ours.cpu_ms else float("inf")
            print(
                f"{columns:>4}x{lines:<3}  {change:<18}"
                f"{ours.bytes_sent:>10,.0f} B {ours.cpu_ms:>7.1f} ms"
                f"{theirs.bytes_sent:>12,.0f} B {theirs.cpu_ms:>7.1f} ms{saved:>8.1f}x{faster:>7.1f}x"
            )


if __name__ == "__main__":
    main()
