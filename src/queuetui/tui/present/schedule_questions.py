"""The questions of dialogs before an act on a schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.model.schedule_info import ScheduleInfo
from queuetui.model.text import sanitize
from queuetui.tui.present.lines import line_of, say
from queuetui.tui.present.questions import Question
from queuetui.tui.present.schedule_rows import timing_text
from queuetui.tui.present.tones import Tone

if TYPE_CHECKING:
    from queuetui.config.profile import Profile

_SENTENCE_CAP = 1000


def ask_pause_schedule(schedule: ScheduleInfo, profile: Profile) -> Question:
    """Return the question of pausing a schedule, or of resuming one that is paused."""
    name = sanitize(schedule.name, 60)
    if schedule.paused_at is None:
        story = "No slot makes a job until somebody resumes it, and what passes meanwhile is not made up for."
        return Question(
            f"Pause schedule {name} in {profile.title}?", (line_of(say(story, cap=_SENTENCE_CAP)),), "Pause"
        )
    by = "" if schedule.paused_by is None else f" by {sanitize(schedule.paused_by, 60)}"
    story = f"Paused{by} at {schedule.paused_at:%Y-%m-%d %H:%M:%S} UTC; it goes on with its next slot ({timing_text(schedule)})."
    return Question(f"Resume schedule {name} in {profile.title}?", (line_of(say(story, cap=_SENTENCE_CAP)),), "Resume")


def ask_run_now(schedule: ScheduleInfo, profile: Profile) -> Question:
    """Return the question of making a job of a schedule now."""
    name, kind, queue = sanitize(schedule.name, 60), sanitize(schedule.type, 60), sanitize(schedule.queue or "", 60)
    lines = [
        line_of(
            say(f"One job of type {kind} is put into queue {queue}; the slots stay as they are.", cap=_SENTENCE_CAP)
        )
    ]
    if schedule.last_state is not None:
        lines.append(line_of(say("Its last job is "), say(schedule.last_state.value, Tone(schedule.last_state.value))))
    return Question(f"Run schedule {name} now in {profile.title}?", tuple(lines), "Run now")


def ask_remove_schedule(schedule: ScheduleInfo, profile: Profile) -> Question:
    """Return the question of removing a schedule."""
    name = sanitize(schedule.name, 60)
    lines = [
        line_of(say(f"It makes no jobs any more ({timing_text(schedule)}); those it made stay.", cap=_SENTENCE_CAP))
    ]
    if schedule.declared:
        beware = "Beware: application code declares it, and a worker that starts with that code adds it again. Pausing lasts."
        lines.append(line_of(say(beware, Tone.WARNING, _SENTENCE_CAP)))
    return Question(f"Remove schedule {name} in {profile.title}?", tuple(lines), "Remove")
