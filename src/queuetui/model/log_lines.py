"""The log lines of handlers, from the logs kept with their runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from queuetui.model.clock import to_text
from queuetui.model.run_notes import NotedRun
from queuetui.model.text import Untrusted

ERROR_LEVELS = frozenset({"error", "critical"})


@dataclass(frozen=True, slots=True)
class LogLine:
    """One record of a handler; `text` goes on over several lines where it holds a traceback.

    `at` and `level` are None for what follows lines that are gone.
    """

    job_id: str
    fence: int
    at: datetime | None
    level: str | None
    text: Untrusted

    @property
    def is_error(self) -> bool:
        """Whether it was logged as an error."""
        return self.level in ERROR_LEVELS


def lines_of(job_id: str, runs: Iterable[NotedRun]) -> Iterator[LogLine]:
    """Yield the records of a job's kept runs, in the order in which they were logged."""
    for run in runs:
        if run.log is not None and run.log_cut:
            yield LogLine(job_id, run.fence, None, None, Untrusted(f"(cut: {run.log_cut:,} lines before these)"))
        last: LogLine | None = None
        for text in (run.log.raw if run.log is not None else "").splitlines():
            begun = _read(job_id, run.fence, text)
            if begun is None and last is not None:
                last = replace(last, text=Untrusted(f"{last.text.raw}\n{text}"))
                continue
            if last is not None:
                yield last
            last = begun or LogLine(job_id, run.fence, None, None, Untrusted(text))
        if last is not None:
            yield last


def describe_line(line: LogLine) -> dict[str, Any]:
    """Return a line as programs read it."""
    return {
        "at": None if line.at is None else to_text(line.at),
        "level": line.level,
        "job_id": line.job_id,
        "fence": line.fence,
        "message": line.text.raw,
    }


def _read(job_id: str, fence: int, text: str) -> LogLine | None:
    """Return the record that begins with this line, None where the line goes on with another one."""
    time, _, rest = text.partition(" ")
    level, _, message = rest.partition(" ")
    try:
        at = datetime.fromisoformat(time)
    except ValueError:
        return None
    if at.tzinfo is None or not level.isalpha():
        return None
    return LogLine(job_id, fence, at, level, Untrusted(message))
