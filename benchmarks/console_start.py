"""What the console spends until its first rows stand, beside a plain Textual table that shows as many, in turns.

    python -m benchmarks.console_start [ROUNDS] [URL]

The URL names an empty database of a server; without one the console starts on an SQLite file.

Each start is a process of its own; its processor time counts, imports included, without a terminal. Both have bytecode at hand, as
installed packages have; it is kept in a folder of its own, since a checkout may have been told to write none.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.monitor.feed import Feed
    from queuetui.operate.operations import Operations

ROWS = 100
SIZE = (120, 40)


def start_plain() -> None:
    """Show a plain table."""
    from textual.app import App, ComposeResult
    from textual.widgets import DataTable

    class Plain(App[None]):
        def compose(self) -> ComposeResult:
            yield DataTable()

        def on_mount(self) -> None:
            table = self.query_one(DataTable)
            table.add_columns("id", "type", "queue", "state", "age", "attempts")
            for number in range(ROWS):
                table.add_row(f"{number:08x}", "SendMail", "mail", "pending", "2 m", "0/3")

    async def show() -> None:
        async with Plain().run_test(size=SIZE) as pilot:
            await pilot.pause()

    asyncio.run(show())


def start_console(url: str, state: str) -> None:
    """Show the console on a store."""
    from queuetui.tui import collector

    # As `queuetui` does before it loads the console.
    collector.hold()
    from queuetui.cli.store_places import find_in
    from queuetui.config.profile import Profile
    from queuetui.tui.app import QueueTui
    from queuetui.tui.session import ConsoleSession

    profile = Profile("bench", url, chosen_by_url=True)

    def connect() -> tuple[Feed, Operations]:
        opened = find_in(profile)[0].open(asked="admin", state=Path(state))
        return opened.feed, opened.operations

    app = QueueTui(ConsoleSession(profile, connect))

    async def show() -> None:
        async with app.run_test(size=SIZE) as pilot:
            while app.latest is None:
                await pilot.pause(0.05)
            await pilot.pause()

    asyncio.run(show())


def fill(url: str) -> None:
    """Make a queue with as many jobs."""
    from queuetui.client import Queue

    with Queue(url) as queue:
        for number in range(ROWS):
            queue.enqueue("send_mail", {"to": number})


def measure(bytecode: str, *words: str) -> float:
    """Return the processor time of one start."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks.console_start", *words],
        capture_output=True,
        text=True,
        check=True,
        env=environment | {"PYTHONPYCACHEPREFIX": bytecode},
    )
    return float(answer.stdout)


def main() -> None:
    """Compare, or be one of the starts."""
    match sys.argv[1:]:
        case ["plain"]:
            start_plain()
            print(time.process_time())
        case ["console", url, state]:
            start_console(url, state)
            print(time.process_time())
        case words:
            rounds = words[0] if words else "5"
            with tempfile.TemporaryDirectory() as folder:
                url = words[1] if words[1:] else f"sqlite:///{Path(folder, 'queue.db')}"
                fill(url)
                compiled = str(Path(folder, "bytecode"))
                # The first pair compiles and does not count.
                _, *pairs = [
                    (measure(compiled, "plain"), measure(compiled, "console", url, folder))
                    for _ in range(1 + int(rounds))
                ]
            plain, console = (median(column) for column in zip(*pairs, strict=True))
            ratios = sorted(ours / theirs for theirs, ours in pairs)
            print(
                f"plain table {plain:.2f} s, console {console:.2f} s of processor: {median(ratios):.2f} times "
                f"({ratios[0]:.2f} to {ratios[-1]:.2f})"
            )


if __name__ == "__main__":
    main()
