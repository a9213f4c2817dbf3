"""What runs told, on the job's screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from queuetui.model.run_notes import NotedRun
from queuetui.model.text import Untrusted
from queuetui.tui.present.run_lines import run_lines

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def plain(runs: list[NotedRun]) -> list[str]:
    """Return the lines as text."""
    return ["".join(span.text for span in line.left) for line in run_lines(runs, NOW)]


def test_the_latest_run_comes_first() -> None:
    """Each run shows what it used and took, then its log with what is cut before it."""
    before = NotedRun(1, NOW - timedelta(minutes=5), log=Untrusted("failed"))
    usage = ((Untrusted("credits"), 1234.0), (Untrusted("calls"), 0.5))
    after = NotedRun(3, NOW, usage, 1.25, 50 * 1024 * 1024, Untrusted("one\ntwo"), 7)
    lines = plain([before, after])
    assert lines[1].startswith("run 3  told")
    assert lines[2:6] == [
        "    credits 1,234, calls 0.5, processor 1.250 s, memory 50 MB",
        "    (cut: 7 lines before these)",
        "    one",
        "    two",
    ]
    assert lines[7].startswith("run 1  told")
    assert lines[8] == "    failed"


def test_hostile_lines_lose_their_teeth() -> None:
    """Escape sequences of a log or a counter's name are made visible."""
    run = NotedRun(1, NOW, ((Untrusted("\x1b[2J"), 1.0),), log=Untrusted("\x1b]0;owned\x07"))
    assert not any("\x1b" in line or "\x07" in line for line in plain([run]))


def test_runs_that_told_nothing_take_no_room() -> None:
    """Without notes there is no line."""
    assert run_lines([], NOW) == []
