"""What happened to a job, as lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from queuetui.model.event import Event, EventKind
from queuetui.model.text import Untrusted
from queuetui.tui.present.event_lines import event_lines
from queuetui.tui.present.lines import TextLine

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def text_of(lines: list[TextLine]) -> list[str]:
    """Return lines as text."""
    return ["".join(span.text for span in line.left).rstrip() for line in lines]


def test_an_event_is_a_line_with_its_facts() -> None:
    """Each line tells when, what, on which worker, and the facts by name."""
    at = NOW - timedelta(minutes=5)
    failed = Event(
        "7", at, EventKind.JOB_FAILED, worker=Untrusted("w1"), attempt=3, fence=9, moment=at, detail=Untrusted("E")
    )
    (line,) = text_of(event_lines([failed], NOW))
    assert line.split() == [
        *("2026-01-02", "02:59:05", "UTC", "5", "m", "ago", "JobFailed", "on", "w1"),
        *("attempt", "3", "fence", "9", "started", "02:59:05", "error", "class", "E"),
    ]


def test_hostile_details_are_made_safe() -> None:
    """What a queue says cannot move, hide or colour anything."""
    progress = Event("7", NOW, EventKind.JOB_PROGRESS, detail=Untrusted("\x1b[2J[red]half[/]"))
    (line,) = text_of(event_lines([progress], NOW))
    assert "\x1b" not in line
    assert "[red]half[/]" in line


def test_nothing_to_show_says_why() -> None:
    """No record at all and no event of this job are told apart."""
    assert "No record" in text_of(event_lines(None, NOW))[0]
    assert "queues events" in text_of(event_lines((), NOW))[0]
