"""Groups of similar dead letters: one row for each type and error, the largest group first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType

from queuetui.model.act import Verb
from queuetui.model.counted import counted
from queuetui.model.histories import FailureGroup, filter_of
from queuetui.model.measured import Measured
from queuetui.model.picture import Picture
from queuetui.model.query_parser import parse_query
from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.present.failure_groups import GROUP_COLUMNS, GROUP_ORDER, group_lines, group_rows, key_of
from queuetui.tui.present.lines import Span, say
from queuetui.tui.present.table import Row
from queuetui.tui.present.tones import Tone
from queuetui.tui.scope import Scope
from queuetui.tui.screens.acting import Acting
from queuetui.tui.screens.periodic_list import SystemPeriodicList
from queuetui.tui.widgets.row_pane import RowRenderer
from queuetui.tui.widgets.table_messages import RowSelected

if TYPE_CHECKING:
    from queuetui.monitor.feed import Feed
    from queuetui.operate.operations import Operations
    from queuetui.operate.report import Report
    from queuetui.tui.screens.acting import ManifestReader

SPAN_DAYS = 7
MOST_GROUPS = 200
_DAY_S = 86_400.0

Groups = Measured[tuple[FailureGroup, ...]]


class GroupsScreen(Acting, SystemPeriodicList[Groups]):
    """Enter lists the jobs of a group, R retries all of them."""

    PLACE = KeyPlace.GROUPS
    VIEW = "groups"
    HEADING = f"Dead letters > alike, of the last {SPAN_DAYS} days"
    COLUMNS = GROUP_COLUMNS
    OWN_MARKS = GROUP_ORDER
    ROW_PANE = "error"
    ASKED_EVERY_S = 30.0
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.GROUPS)

    def ask(self, feed: Feed) -> Groups:
        """Read the groups; blocks."""
        return feed.failure_groups(SPAN_DAYS * _DAY_S, MOST_GROUPS)

    @property
    def groups(self) -> Sequence[FailureGroup]:
        """The groups that were read last."""
        return () if self.answer is None else self.answer.value or ()

    def rows_of(self, picture: Picture) -> list[Row]:
        """Return a row for each group."""
        return group_rows(self.groups, picture.snapshot.now, self.ordered_by)

    def empty_text(self, picture: Picture) -> str:
        """Return the sentence for no groups, or why they could not be read."""
        if self.answer is not None and self.answer.value is None:
            return f"Not known: {self.answer.why}."
        return f"No dead letters in the last {SPAN_DAYS} days. [ shows the latest of all."

    def summary(self, picture: Picture) -> Sequence[Span]:
        """Return how many groups and jobs there are, and what limits these counts."""
        jobs = sum(group.jobs for group in self.groups)
        bound = "" if self.answer is None or not self.groups else self.answer.why
        told = f"{counted(len(self.groups), 'group')}, {counted(jobs, 'job')}{f' {bound}' if bound else ''} "
        return [say(told, Tone.WARNING if bound else Tone.MUTED)]

    def renderer_of(self, key: str) -> RowRenderer | None:
        """Return the function that renders a group in the pane."""
        group, picture = self._group(key), self.picture
        if group is None or picture is None:
            return None
        may_act = not self.console.is_read_only
        now, access = picture.snapshot.now, self.console.access_to(self.console.shown)
        return lambda width, most: group_lines(group, now, width, most, access, may_act=may_act)

    def _group(self, key: str | None) -> FailureGroup | None:
        return next((group for group in self.groups if key_of(group) == key), None)

    def prepare_act(self, operations: Operations, verb: Verb) -> ManifestReader | None:
        """Return the reader of an act on all jobs of the group under the cursor, newer ones included."""
        group = self._group(self.table.cursor_key)
        if group is None:
            return None
        query = parse_query(filter_of(group))
        return lambda how, retry_until: operations.prepare_matching(verb, query, retry_until=retry_until, how=how)

    def act_ended(self, report: Report | None) -> None:
        """Show the outcome of an act, and read the groups again."""
        super().act_ended(report)
        if report is not None:
            self.ask_anew()

    @on(RowSelected)
    def _open(self, event: RowSelected) -> None:
        group = self._group(event.key)
        if group is not None:
            self.console.open_jobs_in(Scope().filtered(filter_of(group)))
