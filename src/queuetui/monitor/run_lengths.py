"""The lengths of runs in stores without a history, kept in `observations.db` as histograms."""

from __future__ import annotations

import math
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from queuetui.model.errors import QueueTuiError
from queuetui.model.histories import Durations, summarise_steps
from queuetui.monitor.observations import FILE_NAME, Observations

DAYS_KEPT = 7
# The most pairs of queue and type that are kept of one store; runs of further pairs are not counted.
MOST_KINDS = 200
MOST_NAME_CHARS = 200
# The most rows of all stores together; beyond that the oldest day is deleted.
MOST_ROWS = 50_000
# Step N of the histogram counts the runs of up to 2^(N/4) milliseconds, so the end of a step is at most a fifth above a run in it.
_STEPS_A_DOUBLING = 4
_DAY_S = 86_400
# How long a poll waits for another program that writes the file.
_BUSY_S = 0.2
# If several programs watch one store, only one counts its runs; another takes over once that one has not counted for this long.
_COUNTS_FOR_S = 60.0


class RunLength(NamedTuple):
    """One run: its queue, its job type and how long it took."""

    queue: str
    type: str
    took_s: float


class RunLengths:
    """The histograms of one store, kept under its name; the first run creates the file."""

    def __init__(self, folder: Path | None, store: str, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._store = store
        self._clock = clock
        self._holder = str(uuid4())
        self._opened: Observations | None = None

    def usual(self) -> Mapping[str, Durations]:
        """Return how long the runs of each type took; empty if the file cannot be read."""
        asked = "SELECT type, step, SUM(runs) FROM run_length WHERE store = ? AND day > ? GROUP BY type, step"
        values = (self._store, self._today() - DAYS_KEPT)
        try:
            if self._opened is not None:
                with self._opened.reading() as tables:
                    rows = tables.execute(asked, values).fetchall()
            else:
                rows = self._read_file(asked, values)
        except (QueueTuiError, sqlite3.Error):
            return {}
        steps = defaultdict[str, list[tuple[float, int]]](list)
        for job_type, step, runs in sorted(rows):
            steps[job_type].append((2 ** (step / _STEPS_A_DOUBLING) / 1000, runs))
        return {job_type: summarise_steps(job_type, found) for job_type, found in steps.items()}

    def add(self, runs: Iterable[RunLength]) -> None:
        """Count runs, unless another program counts those of this store; raises Unreachable."""
        counts = Counter((one.queue, one.type, _step_of(one.took_s)) for one in runs if _is_short_named(one))
        if not counts:
            return
        if self._opened is None:
            self._opened = Observations(self._folder, _BUSY_S)
        now, today = self._clock(), self._today()
        with self._opened.changing() as tables:
            if not self._counts_here(tables, now):
                return
            known = set(tables.execute("SELECT DISTINCT queue, type FROM run_length WHERE store = ?", (self._store,)))
            for (queue, job_type, step), number in counts.items():
                if (queue, job_type) not in known and len(known) >= MOST_KINDS:
                    continue
                known.add((queue, job_type))
                row = (self._store, queue, job_type, today, step, number)
                tables.execute(
                    "INSERT INTO run_length VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET runs = runs + excluded.runs",
                    row,
                )
            _forget(tables, today)

    def close(self) -> None:
        """Close the file."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _read_file(self, asked: str, values: tuple[object, ...]) -> list[tuple[str, int, int]]:
        """Run a query, without creating or changing the file."""
        if self._folder is None or not (path := self._folder / FILE_NAME).exists():
            return []
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_S)) as connection:
            return connection.execute(asked, values).fetchall()

    def _counts_here(self, tables: sqlite3.Connection, now: float) -> bool:
        """Take or keep the right to count the runs of this store; tell whether this program has it."""
        written = tables.execute(
            "INSERT INTO run_watcher VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET holder = excluded.holder, until = excluded.until"
            " WHERE holder = excluded.holder OR until NOT BETWEEN ? AND ?",
            (self._store, self._holder, now + _COUNTS_FOR_S, now, now + _COUNTS_FOR_S),
        )
        return written.rowcount > 0

    def _today(self) -> int:
        return int(self._clock() // _DAY_S)


def _step_of(took_s: float) -> int:
    return math.ceil(_STEPS_A_DOUBLING * math.log2(max(1.0, took_s * 1000)))


def _is_short_named(run: RunLength) -> bool:
    return max(len(run.queue), len(run.type)) <= MOST_NAME_CHARS


def _forget(tables: sqlite3.Connection, today: int) -> None:
    """Delete days that are too old or, after a wrong clock, in the future, and the oldest surplus rows."""
    tables.execute("DELETE FROM run_length WHERE day NOT BETWEEN ? AND ?", (today - DAYS_KEPT + 1, today + 1))
    tables.execute("DELETE FROM run_watcher WHERE store NOT IN (SELECT store FROM run_length)")
    if tables.execute("SELECT COUNT(*) FROM run_length").fetchone()[0] > MOST_ROWS:
        tables.execute("DELETE FROM run_length WHERE day = (SELECT MIN(day) FROM run_length)")
