"""Schedules: the next slot of each, its last job, and whether it is overdue or paused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType

from queuetui.model.act import Verb
from queuetui.model.picture import Picture
from queuetui.model.schedule_info import ScheduleInfo
from queuetui.model.snapshot import Part
from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.dialogs.ask import AskDialog
from queuetui.tui.present.identity import true_name
from queuetui.tui.present.lines import Span, say
from queuetui.tui.present.schedule_questions import ask_pause_schedule, ask_remove_schedule, ask_run_now
from queuetui.tui.present.schedule_rows import (
    SCHEDULE_COLUMNS,
    SCHEDULE_ORDER,
    overdue_text,
    schedule_lines,
    schedule_rows,
)
from queuetui.tui.present.table import Row
from queuetui.tui.present.tones import Tone
from queuetui.tui.screens.acting import Acting
from queuetui.tui.screens.list_screen import ListScreen
from queuetui.tui.widgets.row_pane import RowRenderer
from queuetui.tui.widgets.status_line import About
from queuetui.tui.widgets.table_messages import RowSelected

if TYPE_CHECKING:
    from queuetui.config.profile import Profile
    from queuetui.model.capabilities import Capabilities
    from queuetui.operate.report import Report
    from queuetui.operate.schedules import ScheduleOperations
    from queuetui.tui.present.questions import Question

_NONE_YET = "No schedule yet. Declare one with @job(cron=...), or: queuetui schedules add NAME TYPE --every 5m"


def _none_kept(capabilities: Capabilities | None) -> str:
    if capabilities is not None and capabilities.schedules:
        return f"{capabilities.label} has no schedules stored."
    told = None if capabilities is None else capabilities.reasons.get(Verb.SCHEDULE)
    return f"No schedules here: {told}." if told else "This store keeps no schedules that could be seen here."


class SchedulesScreen(Acting, ListScreen):
    """Enter opens the last job of a schedule; acts apply to the schedule under the cursor as it was read."""

    PLACE = KeyPlace.SCHEDULES
    VIEW = "schedules"
    HEADING = "Schedules"
    PARTS = frozenset({Part.COUNTS, Part.QUEUES, Part.WORKERS, Part.SCHEDULES})
    ROWS_COME_OF = (Part.SCHEDULES,)
    COLUMNS = SCHEDULE_COLUMNS
    OWN_MARKS = SCHEDULE_ORDER
    ROW_PANE = "schedule"
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.SCHEDULES)

    def rows_of(self, picture: Picture) -> list[Row]:
        """Return a row for each schedule."""
        return schedule_rows(picture, self.ordered_by)

    def empty_text(self, picture: Picture) -> str:
        """Return why there are no schedules."""
        capabilities = self.console.capabilities
        keeps = capabilities is not None and Verb.SCHEDULE in capabilities.verbs
        return _NONE_YET if keeps else _none_kept(capabilities)

    def summary(self, picture: Picture) -> Sequence[Span]:
        """Return how many schedules are overdue, or why the rows may be out of date."""
        problem = picture.problems.get(Part.SCHEDULES.value)
        told = say(f"{problem} ", Tone.WARNING) if problem else say(f"{overdue_text(picture)} ", Tone.MUTED)
        return [told] if picture.schedules else ()

    def renderer_of(self, key: str) -> RowRenderer | None:
        """Return the function that renders a schedule in the pane."""
        known = self._schedule(key)
        return None if known is None else lambda width, most: schedule_lines(known, width, most)

    def _schedule(self, key: str | None) -> ScheduleInfo | None:
        shown = () if self.picture is None else self.picture.schedules
        return next((one for one in shown if true_name(one.name) == key), None)

    @on(RowSelected)
    def _open_last_job(self, event: RowSelected) -> None:
        known = self._schedule(event.key)
        if known is None or known.last_job_id is None:
            self.flash("It has made no job yet", Tone.WARNING, about=About.CURSOR)
        elif known.last_state is None:
            self.flash("Its last job was deleted or cleaned up", Tone.WARNING, about=About.CURSOR)
        else:
            self.console.open_job(known.last_job_id)

    def action_run_now(self) -> None:
        """Open the dialog that enqueues a job of the schedule now."""
        self._ask("run now", ask_run_now, lambda acts, name, rev, _: acts.run_now(name, rev))

    def action_pause_schedule(self) -> None:
        """Open the dialog that pauses the schedule, or resumes it."""
        self._ask(
            "pause schedule",
            ask_pause_schedule,
            lambda acts, name, rev, seen: acts.set_paused(name, paused=seen.paused_at is None, rev=rev),
        )

    def action_remove_schedule(self) -> None:
        """Open the dialog that removes the schedule."""
        self._ask("remove schedule", ask_remove_schedule, lambda acts, name, rev, _: acts.remove(name, rev))

    def _ask(
        self,
        action: str,
        question_of: Callable[[ScheduleInfo, Profile], Question],
        act: Callable[[ScheduleOperations, str, int, ScheduleInfo], Report],
    ) -> None:
        operations = self._operations_for(action)
        if operations is None:
            return
        seen = self._schedule(self.table.cursor_key)
        if seen is None:
            self.flash("There is no schedule under the cursor", Tone.WARNING, about=About.CURSOR)
            return
        profile, schedules = self.console.profile, operations.schedules
        dialog = AskDialog(
            action.capitalize(),
            self.console.calls,
            lambda _: seen,
            lambda asked: question_of(asked, profile),
            lambda asked: act(schedules, true_name(asked.name), asked.rev, asked),
            self._tell_later,
        )
        self.app.push_screen(dialog, self.act_ended)
