"""Plugin: what a clock judged while the machine held it up is run once again, and the end of a run says so, and what was skipped."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from _pytest.runner import runtestprotocol  # the one way to run a test again with fixtures of its own

# A thread that is this late was not let run; so were the workers and servers of the test.
LATE_S = 0.5
LOOK_S = 0.1
# Where so many programs share each processor, a worker may need half a minute to start.
CROWD = 4
AGAIN = "run again"


class Watchdog:
    """A thread that sleeps for moments and notes when one took much longer."""

    def __init__(self) -> None:
        self.last_stall_at = -1.0
        self._ended = threading.Event()
        threading.Thread(target=self._look, daemon=True).start()

    def was_held_up(self, began_at: float) -> bool:
        """Tell whether the machine stood still at or after a time, or is crowded."""
        crowded = os.getloadavg()[0] > CROWD * (os.cpu_count() or 1)
        return crowded or self.last_stall_at >= began_at

    def end(self) -> None:
        """Stop looking."""
        self._ended.set()

    def _look(self) -> None:
        before = time.monotonic()
        while not self._ended.wait(LOOK_S):
            now = time.monotonic()
            if now - before > LOOK_S + LATE_S:
                self.last_stall_at = now
            before = now


_watchdogs: list[Watchdog] = []


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test that a clock judges, and once more if it failed while the machine held it up."""
    if item.get_closest_marker("timed") is None:
        return None
    if not _watchdogs:
        _watchdogs.append(Watchdog())
    began_at = time.monotonic()
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    if any(report.failed for report in reports) and _watchdogs[0].was_held_up(began_at):
        item.user_properties.append((AGAIN, item.nodeid))
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_unconfigure() -> None:
    """End the watchdog."""
    while _watchdogs:
        _watchdogs.pop().end()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in a line each why tests were skipped, and which were run again."""
    for reason, count in Counter(_reasons(terminalreporter)).most_common():
        terminalreporter.write_line(f"skipped {count}: {reason}")
    again = {value for name, value in _properties(terminalreporter) if name == AGAIN}
    for name in sorted(map(str, again)):
        terminalreporter.write_line(f"run again, because the machine stood still or was crowded while it ran: {name}")


def _reasons(terminalreporter: pytest.TerminalReporter) -> Iterator[str]:
    for report in terminalreporter.stats.get("skipped", ()):
        yield report.longrepr[2].removeprefix("Skipped: ")


def _properties(terminalreporter: pytest.TerminalReporter) -> Iterator[tuple[str, object]]:
    for outcome in ("passed", "failed", "error"):
        for report in terminalreporter.stats.get(outcome, ()):
            yield from getattr(report, "user_properties", ())
