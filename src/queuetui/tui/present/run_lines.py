"""The notes of a job's runs, as lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from queuetui.model.run_notes import LOG_CAP_CHARS, NotedRun, plain_number
from queuetui.model.text import sanitize
from queuetui.tui.present.ages import age_text
from queuetui.tui.present.lines import BLANK, TextLine, line_of, say
from queuetui.tui.present.tones import Tone

BYTES_PER_MB = 1024 * 1024


def run_lines(runs: Sequence[NotedRun], now: datetime) -> list[TextLine]:
    """Return the runs with notes, the latest first: the usage, then the log."""
    lines: list[TextLine] = []
    for run in reversed(runs):
        ago = age_text((now - run.noted_at).total_seconds())
        head = line_of(say(f"run {run.fence}  ", Tone.MUTED), say("told", Tone.STRONG), say(f"  {ago} ago"))
        lines += [BLANK, head, *_used(run), *_log(run)]
    return lines


def _used(run: NotedRun) -> list[TextLine]:
    used = [f"{sanitize(name)} {plain_number(amount):,}" for name, amount in run.usage]
    if run.cpu_s is not None:
        used.append(f"processor {run.cpu_s:.3f} s")
    if run.peak_bytes is not None:
        used.append(f"memory {run.peak_bytes / BYTES_PER_MB:,.0f} MB")
    return [line_of(say("    "), say(", ".join(used), cap=LOG_CAP_CHARS))] if used else []


def _log(run: NotedRun) -> list[TextLine]:
    if run.log is None:
        return []
    cut = [line_of(say(f"    (cut: {run.log_cut:,} lines before these)", Tone.WARNING))] if run.log_cut else []
    safe = sanitize(run.log, LOG_CAP_CHARS, keep_newlines=True)
    return [*cut, *(line_of(say("    "), say(line, cap=LOG_CAP_CHARS)) for line in safe.split("\n"))]
