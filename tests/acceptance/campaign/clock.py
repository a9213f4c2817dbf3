"""The dates of some workers, set forward and back while they work; needs libfaketime."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tests.acceptance.campaign.stage import Absent
from tests.acceptance.campaign.wrapping import replace
from tests.acceptance.checker import read_events
from tests.acceptance.checker.events import EVENTS

if TYPE_CHECKING:
    from tests.acceptance.campaign.ordeal import Ordeal

NAME = "libfaketimeMT.so.1"
FOLDERS = ("/usr/lib", "/usr/local/lib", "/usr/lib64")
DATE_VARIABLE = "FAKETIME_TIMESTAMP_FILE"
WRONG_FOR_LEASES = 1.2


@cache
def find_faketime() -> Path | None:
    """Return the library that lies about the date, None where it is not installed."""
    found = (path for folder in FOLDERS for path in sorted(Path(folder).glob(f"**/faketime/{NAME}")))
    return next(found, None)


def set_date(folder: Path, shift_s: int) -> None:
    """Set the date of all processes that look into this folder, so far from the true one."""
    new = folder / "date.new"
    new.write_text(f"{shift_s:+d}s\n")
    new.replace(folder / "date")


def faked_environment(folder: Path) -> dict[str, str]:
    """Return the environment of a process whose date is set by `set_date`. Raises Absent."""
    library = find_faketime()
    if library is None:
        raise Absent("clock steps: libfaketime is not installed (Debian: apt-get install libfaketime)")
    if not (folder / "date").exists():
        set_date(folder, 0)
    return {
        "LD_PRELOAD": str(library),
        DATE_VARIABLE: str(folder / "date"),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def mend_sleep() -> None:
    """Let a process whose date is false sleep in another way: libfaketime refuses the system call behind Python's own."""
    if os.environ.get(DATE_VARIABLE):
        replace(time, "sleep", threading.Event().wait)


def right_dates(folder: Path) -> None:
    """Give every event the date that its place on the clock since boot had in truth: a worker may have been lied to."""
    if not (folder / "date").exists():
        return
    apart_ns = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    for path in folder.glob(f"*{EVENTS}"):
        events = [msgspec.structs.replace(event, wall_ns=event.boot_ns + apart_ns) for event in read_events(path)]
        path.write_bytes(b"".join(msgspec.json.encode(event) + b"\n" for event in events))


def step_clock(fault: str, span_s: int) -> Callable[[Ordeal], None]:
    """Return the fault of dates that jump so far ahead, then behind where the store has a clock of its own."""

    def step(ordeal: Ordeal) -> None:
        if find_faketime() is None:
            faked_environment(ordeal.folder)
        # The clock of an SQLite queue is its host's: a job that is put off under a wrong date waits until that date comes.
        shifts = (span_s, 2 * span_s) if ordeal.case.backend == "sqlite" else (span_s, -span_s, 0)
        with ordeal.harm(fault):
            for shift_s in shifts:
                set_date(ordeal.folder, shift_s)
                ordeal.rest(WRONG_FOR_LEASES * ordeal.case.lease_s)

    return step
