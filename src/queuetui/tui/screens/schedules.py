"""Schedules: the recurring jobs, when each is next, what its last job did, and which are overdue or paused."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from queuetui.model.act import Verb
from queuetui.model.picture import Picture
from queuetui.model.schedule_info import ScheduleInfo
from queuetui.model.snapshot import Part, Watch
from queuetui.model.text import sanitize
from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.dialogs.ask import AskDialog
from queuetui.tui.present.identity import true_name
from queuetui.tui.present.lines import line_of, say
from queuetui.tui.present.schedule_questions import ask_pause_schedule, ask_remove_schedule, ask_run_now
from queuetui.tui.present.schedule_rows import (
    SCHEDULE_COLUMNS,
    SCHEDULE_ORDER,
    overdue_text,
    schedule_lines,
    schedule_rows,
)
from queuetui.tui.present.tones import Tone
from queuetui.tui.screens.acting import Acting
from queuetui.tui.screens.ordering import OrderedHere
from queuetui.tui.widgets.job_table import ListTable
from queuetui.tui.widgets.live_table import LiveTable
from queuetui.tui.widgets.status_line import About
from queuetui.tui.widgets.table_messages import RowHighlighted, RowSelected
from queuetui.tui.widgets.text_lines import TextLines
from queuetui.tui.widgets.told_pane import ToldPane

if TYPE_CHECKING:
    from queuetui.config.profile import Profile
    from queuetui.operate.report import Report
    from queuetui.operate.schedules import ScheduleOperations
    from queuetui.tui.present.questions import Question

_NONE_YET = "No schedule yet. Declare one with @job(cron=...), or: queuetui schedules add NAME TYPE --every 5m"


class SchedulesScreen(Acting, OrderedHere):
    """Enter opens the last job of a schedule; an act is about the one under the cursor, as it was seen."""

    PLACE = KeyPlace.SCHEDULES
    VIEW = "schedules"
    PARTS = frozenset({Part.COUNTS, Part.QUEUES, Part.WORKERS, Part.SCHEDULES})
    AUTO_FOCUS = "#schedules"
    COLUMNS = SCHEDULE_COLUMNS
    OWN_MARKS = SCHEDULE_ORDER
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.SCHEDULES)

    def __init__(self) -> None:
        super().__init__()
        self._schedules: dict[str, ScheduleInfo] = {}

    def compose_body(self) -> Iterable[Widget]:
        """Yield the summary, the table and what is to be known of the schedule under the cursor."""
        yield TextLines("crumbs")
        yield ListTable(SCHEDULE_COLUMNS, id="schedules", empty_text=sanitize("reading ..."))
        yield ToldPane("schedule")

    def show_picture(self, picture: Picture, watch: Watch) -> None:
        """Show the schedules; a picture taken for another screen lacks them."""
        if Part.SCHEDULES not in watch.parts:
            return
        self.has_read = True
        self._schedules = {true_name(one.name): one for one in picture.schedules}
        capabilities = self.console.capabilities
        keeps = capabilities is not None and Verb.SCHEDULE in capabilities.verbs
        problem = picture.problems.get(Part.SCHEDULES.value)
        table = self.query_one(LiveTable)
        table.show_empty_text(
            sanitize(problem or (_NONE_YET if keeps else "This store keeps no schedules that could be seen here."), 300)
        )
        table.set_rows(schedule_rows(picture, self.ordered_by))
        self.remember(picture, watch)
        right = [say(f"{overdue_text(picture)} ", Tone.MUTED)] if picture.schedules else []
        right = [say(f"{problem} ", Tone.WARNING)] if picture.schedules and problem else right
        self.show_lines("#crumbs", [line_of(say(" Schedules", Tone.STRONG), right=right)])
        self._show_schedule()

    @on(RowHighlighted)
    def _show_schedule(self) -> None:
        key = self.query_one(LiveTable).cursor_key
        known = self._schedules.get(key or "")
        pane = self.query_one("#schedule", ToldPane)
        if known is None:
            pane.tell(None, None)
        else:
            pane.tell(key, lambda width, most: schedule_lines(known, width, most))

    @on(RowSelected)
    def _open_last_job(self, event: RowSelected) -> None:
        known = self._schedules.get(event.key)
        if known is None or known.last_job_id is None:
            self.flash("It has made no job yet", Tone.WARNING, about=About.CURSOR)
        elif known.last_state is None:
            self.flash("Its last job was deleted or cleaned up", Tone.WARNING, about=About.CURSOR)
        else:
            self.console.open_job(known.last_job_id)

    def action_run_now(self) -> None:
        """Ask to make a job of the schedule now."""
        self._ask("run now", ask_run_now, lambda acts, name, rev, _: acts.run_now(name, rev))

    def action_pause_schedule(self) -> None:
        """Ask to pause the schedule, or to resume it."""
        self._ask(
            "pause schedule",
            ask_pause_schedule,
            lambda acts, name, rev, seen: acts.set_paused(name, paused=seen.paused_at is None, rev=rev),
        )

    def action_remove_schedule(self) -> None:
        """Ask to remove the schedule."""
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
        seen = self._schedules.get(self.query_one(LiveTable).cursor_key or "")
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
