"""Bytes and processor time of the whole console's refresh while nothing changes but time: 300 jobs wait, nobody works.

Run `python benchmarks/console_refresh.py`; one line a size goes to standard output.
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
import tempfile
import termios
import time
from pathlib import Path
from typing import NamedTuple

import psutil

from queuetui.client import Queue

JOBS = 300
SIZES = ((80, 24), (120, 40), (200, 60))
PACE_S = 2.0
AGED_S = 60.0
SETTLE_S = 5.0
REFRESHES = 30


class Cost(NamedTuple):
    """What one refresh costs; the mean holds the one in thirty at which every age grows by a minute."""

    median_bytes: float
    mean_bytes: float
    cpu_ms: float


def fill(url: str) -> None:
    """Enqueue jobs that nobody works on."""
    with Queue(url) as queue:
        for number in range(JOBS):
            queue.enqueue("shop:sync", {"sku": f"A-{number:04}", "shop": number % 3}, queue="sync")


def open_console(url: str, columns: int, lines: int) -> tuple[int, int]:
    """Start the console on a pseudo terminal; return its process id and the terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", COLUMNS=str(columns), LINES=str(lines))
        os.execv(sys.executable, [sys.executable, "-m", "queuetui", "--url", url])  # noqa: S606  # a list, no shell
    return pid, terminal


def read_for(terminal: int, seconds: float) -> int:
    """Return how many bytes come in that time."""
    count, end = 0, time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            count += len(os.read(terminal, 65536))
    return count


def measure(url: str, columns: int, lines: int) -> Cost:
    """Return the mean cost of a refresh once the console has settled."""
    pid, terminal = open_console(url, columns, lines)
    try:
        process = psutil.Process(pid)
        read_for(terminal, SETTLE_S)
        before = process.cpu_times()
        sent = [read_for(terminal, PACE_S) for _ in range(REFRESHES)]
        after = process.cpu_times()
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)
    used_s = after.user + after.system - before.user - before.system
    return Cost(statistics.median(sent), statistics.mean(sent), used_s * 1000 / REFRESHES)


def main() -> None:
    """Print the costs."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = os.environ["XDG_CONFIG_HOME"] = folder
        print(f"{'size':>8}  {'bytes a refresh, median':>24}{'mean':>10}  {'processor':>12}")
        for columns, lines in SIZES:
            # A queue of its own for each size: once its jobs are late by the limits, the whole list changes.
            url = f"sqlite:///{Path(folder) / f'{columns}.db'}"
            fill(url)
            time.sleep(AGED_S)
            cost = measure(url, columns, lines)
            print(
                f"{columns:>4}x{lines:<3}  {cost.median_bytes:>22,.0f} B{cost.mean_bytes:>8,.0f} B  {cost.cpu_ms:>9.1f} ms"
            )


if __name__ == "__main__":
    main()
